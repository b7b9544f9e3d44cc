# Runs what was built: smoke.ps1 FOLDER. The command answers, and the window paints.
param([Parameter(Mandatory)][string]$Folder)
$ErrorActionPreference = "Stop"

$version = & "$Folder\fitting-room.exe" --version
if ($LASTEXITCODE -ne 0 -or $version -notlike "fitting-room *") { throw "--version said: $version" }
Write-Output $version

& "$Folder\fitting-room.exe" estimate --model Llama-2-7b-hf --gpu "RTX 4090" --json | ConvertFrom-Json | Out-Null
if ($LASTEXITCODE -ne 0) { throw "estimate failed: $LASTEXITCODE" }

# the program without a console is waited for by hand; a name with a space in it
$out = Join-Path ([System.IO.Path]::GetTempPath()) "smoke test.png"
Remove-Item $out -ErrorAction SilentlyContinue
$window = Start-Process "$Folder\FittingRoom.exe" -ArgumentList "--smoke-test", "`"$out`"" -PassThru
if (-not $window.WaitForExit(60000)) { $window.Kill(); throw "the window did not end" }
if ($window.ExitCode -ne 0) { throw "the window ended with $($window.ExitCode)" }
if ((Get-Item $out).Length -lt 20000) { throw "the picture is empty" }
Write-Output "painted: $((Get-Item $out).Length) bytes"
