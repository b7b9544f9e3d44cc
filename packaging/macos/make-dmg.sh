#!/usr/bin/env bash
# Signs "dist/Fitting Room.app", makes the disk image and has it notarized: make-dmg.sh CHIP. Without CERTIFICATE_P12_BASE64 it is signed
# ad hoc, which Apple's chips insist on, and without APPLE_ID it is not notarized: people then open it by right click, Open.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

chip=$1
app="dist/Fitting Room.app"
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' core/__init__.py)
image="dist/Fitting-Room-$version-macos-$chip.dmg"
identity=-
timestamp=--timestamp=none

if [[ -n ${CERTIFICATE_P12_BASE64:-} ]]; then
    keychain=$RUNNER_TEMP/signing.keychain-db
    password=$(openssl rand -base64 24)
    trap 'security delete-keychain "$keychain" || true; rm -f "$RUNNER_TEMP/certificate.p12"' EXIT
    security create-keychain -p "$password" "$keychain"
    security set-keychain-settings -lut 3600 "$keychain"
    security unlock-keychain -p "$password" "$keychain"
    base64 --decode <<<"$CERTIFICATE_P12_BASE64" >"$RUNNER_TEMP/certificate.p12"
    security import "$RUNNER_TEMP/certificate.p12" -P "$CERTIFICATE_PASSWORD" -T /usr/bin/codesign -k "$keychain"
    security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keychain" >/dev/null
    security list-keychains -d user -s "$keychain"
    identity=$(security find-identity -v -p codesigning "$keychain" | awk '/Developer ID Application/ { print $2; exit }')
    if [[ -z $identity ]]; then
        echo "the certificate is no Developer ID Application" >&2
        exit 1
    fi
    timestamp=--timestamp
else
    echo "No certificate: signed ad hoc."
fi

sign() {
    codesign --force "$timestamp" --options runtime --sign "$identity" "$@"
}

# from the inside out: libraries first, the application with its entitlements last
while IFS= read -r -d '' library; do
    sign "$library"
done < <(find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0)
while IFS= read -r -d '' framework; do
    sign "$framework"
done < <(find "$app/Contents/Frameworks" -type d -name '*.framework' -prune -print0)
sign --entitlements packaging/macos/entitlements.plist "$app"
codesign --verify --deep --strict --verbose=2 "$app"

stage=$(mktemp -d)
cp -R "$app" "$stage/"
ln -s /Applications "$stage/Applications"
cp LICENSE "$stage/License.txt"
hdiutil create -volname "Fitting Room $version" -srcfolder "$stage" -format UDZO -imagekey zlib-level=9 -ov "$image"
rm -rf "$stage"
codesign --force "$timestamp" --sign "$identity" "$image"

if [[ $identity != - && -n ${APPLE_ID:-} ]]; then
    xcrun notarytool submit "$image" --apple-id "$APPLE_ID" --team-id "$APPLE_TEAM_ID" --password "$APPLE_APP_PASSWORD" --wait --timeout 45m
    xcrun stapler staple "$image"
    spctl --assess --type open --context context:primary-signature --verbose=2 "$image"
else
    echo "Not notarized."
fi
