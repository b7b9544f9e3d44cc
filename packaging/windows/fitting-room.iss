; Inno Setup 6: an installer that needs no administrator: ISCC.exe /DAppVersion=0.1.0 packaging\windows\fitting-room.iss
#ifndef AppVersion
  #error "Say which version: /DAppVersion=..."
#endif

[Setup]
AppId={{5B7D3E0C-3B0E-4C5E-9C39-6A1F6C4D2B11}
AppName=Fitting Room
AppVersion={#AppVersion}
AppVerName=Fitting Room {#AppVersion}
AppPublisher=Fitting Room developers
AppContact=developers@fittingroom.invalid
VersionInfoVersion={#AppVersion}
DefaultDirName={autopf}\Fitting Room
DisableProgramGroupPage=yes
DisableDirPage=auto
LicenseFile=..\..\LICENSE
; for the user alone, unless an administrator asks for everyone
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
OutputDir=..\..\dist
OutputBaseFilename=fitting-room-{#AppVersion}-windows-x64-setup
SetupIconFile=..\..\build\icons\fitting-room.ico
UninstallDisplayIcon={app}\FittingRoom.exe
UninstallDisplayName=Fitting Room
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
ChangesAssociations=yes
ChangesEnvironment=yes
CloseApplications=yes

[Languages]
Name: "english"; MessagesFile: "compiler:Default.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked
Name: "path"; Description: "Add the command fitting-room to PATH"; Flags: unchecked

[InstallDelete]
; what an older version had and this one has not
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\fitting-room\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{autoprograms}\Fitting Room"; Filename: "{app}\FittingRoom.exe"; AppUserModelID: "org.fittingroom.FittingRoom"
Name: "{autodesktop}\Fitting Room"; Filename: "{app}\FittingRoom.exe"; AppUserModelID: "org.fittingroom.FittingRoom"; Tasks: desktopicon

[Registry]
; Windows looks at the last extension alone: .json is offered under "Open with", and never taken over.
Root: HKA; Subkey: "Software\Classes\FittingRoom.Scenario"; ValueType: string; ValueName: ""; ValueData: "Fitting Room scenario"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\FittingRoom.Scenario\DefaultIcon"; ValueType: string; ValueName: ""; ValueData: "{app}\FittingRoom.exe,0"
Root: HKA; Subkey: "Software\Classes\FittingRoom.Scenario\shell\open\command"; ValueType: string; ValueName: ""; ValueData: """{app}\FittingRoom.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\.json\OpenWithProgids"; ValueType: none; ValueName: "FittingRoom.Scenario"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\Applications\FittingRoom.exe"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\FittingRoom.exe\shell\open\command"; ValueType: string; ValueName: ""; ValueData: """{app}\FittingRoom.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\FittingRoom.exe\SupportedTypes"; ValueType: string; ValueName: ".json"; ValueData: ""
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: NotOnPath

[Run]
Filename: "{app}\FittingRoom.exe"; Description: "{cm:LaunchProgram,Fitting Room}"; Flags: nowait postinstall skipifsilent

[Code]
function NotOnPath: Boolean;
var
  Path: String;
begin
  Result := True;
  if RegQueryStringValue(HKCU, 'Environment', 'Path', Path) then
    Result := Pos(';' + Lowercase(ExpandConstant('{app}')) + ';', ';' + Lowercase(Path) + ';') = 0;
end;

procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Path, Own: String;
  Place: Integer;
begin
  if Step <> usPostUninstall then
    exit;
  if not RegQueryStringValue(HKCU, 'Environment', 'Path', Path) then
    exit;
  Own := ';' + ExpandConstant('{app}');
  Place := Pos(Lowercase(Own), Lowercase(Path));
  if Place > 0 then
  begin
    Delete(Path, Place, Length(Own));
    RegWriteExpandStringValue(HKCU, 'Environment', 'Path', Path);
  end;
end;
