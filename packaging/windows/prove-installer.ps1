# Installs silently for this user, uses it, removes it: prove-installer.ps1 SETUP.exe
param([Parameter(Mandatory)][string]$Setup)
$ErrorActionPreference = "Stop"

$place = Join-Path $env:LOCALAPPDATA "Programs\Fitting Room"
$key = "HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\{5B7D3E0C-3B0E-4C5E-9C39-6A1F6C4D2B11}_is1"

$installing = Start-Process $Setup -ArgumentList "/VERYSILENT", "/CURRENTUSER", "/NORESTART", "/SUPPRESSMSGBOXES" -PassThru -Wait
if ($installing.ExitCode -ne 0) { throw "the installer ended with $($installing.ExitCode)" }
if (-not (Test-Path $key)) { throw "nothing can be removed in the settings" }
& "$PSScriptRoot\smoke.ps1" $place

$removing = Start-Process "$place\unins000.exe" -ArgumentList "/VERYSILENT", "/NORESTART", "/SUPPRESSMSGBOXES" -PassThru -Wait
if ($removing.ExitCode -ne 0) { throw "the uninstaller ended with $($removing.ExitCode)" }
for ($look = 0; (Test-Path $place) -and $look -lt 30; $look++) { Start-Sleep -Seconds 1 } # it goes on as a copy of itself
foreach ($left in $place, $key, "HKCU:\Software\Classes\FittingRoom.Scenario") {
    if (Test-Path $left) { throw "left behind: $left" }
}
Write-Output "installed, used, removed"
