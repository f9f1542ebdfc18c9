@echo off
rem Runs the lssgen command from a clone: the twin of the script lssgen, for Windows.
rem
rem LSSGEN_JAVA_OPTS  further flags for the JVM, which win over the ones set here
rem JAVA_HOME         the JDK (17 or newer) to use; otherwise the java on the PATH
rem
rem Each build has a folder of its own under target\app, so that a rebuild never takes the jars away
rem from a run that is still going.
setlocal EnableExtensions DisableDelayedExpansion
set "LSSGEN_CLONE=%~dp0"
set "LSSGEN_CLONE=%LSSGEN_CLONE:~0,-1%"
set "APPS=%LSSGEN_CLONE%\target\app"
set "WAITED=0"

set "JAVA=java.exe"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java.exe"
set "JAVA_MAJOR="
set "SETTINGS=%TEMP%\lssgen-java-%RANDOM%.txt"
"%JAVA%" -XshowSettings:properties -version >"%SETTINGS%" 2>&1
for /f "tokens=2 delims==" %%v in ('findstr /c:"java.specification.version =" "%SETTINGS%"') do set "JAVA_MAJOR=%%v"
del "%SETTINGS%"
if not defined JAVA_MAJOR (
  >&2 echo lssgen: %JAVA% does not run; install a JDK, 17 or newer, or set JAVA_HOME to one
  exit /b 1
)
rem Old versions call themselves 1.8: as whole numbers they are below 17 either way.
for /f "tokens=1 delims=. " %%v in ("%JAVA_MAJOR%") do set "JAVA_MAJOR=%%v"
if %JAVA_MAJOR% LSS 17 (
  >&2 echo lssgen: Java 17 or newer is needed, found %JAVA_MAJOR%; install a JDK and set JAVA_HOME
  exit /b 1
)

:find
call :find_build
if not errorlevel 1 goto run
if not exist "%APPS%" mkdir "%APPS%"
mkdir "%APPS%\building" 2>nul
if not errorlevel 1 goto build
rem Another build is under way, or one was killed: after ten minutes the latter is meant.
set /a WAITED+=1
if %WAITED% GTR 600 (
  >&2 echo lssgen: another build has not ended for ten minutes; remove "%APPS%\building" if none is running
  exit /b 1
)
>nul ping -n 2 127.0.0.1
goto find

:build
set "ID=%RANDOM%-%RANDOM%"
mkdir "%APPS%\%ID%"
>"%APPS%\%ID%\started" echo started
>&2 echo lssgen: building (on first use libtorch is fetched, some 110 MB)...
call "%LSSGEN_CLONE%\mvnw.cmd" -B -q -f "%LSSGEN_CLONE%\pom.xml" -pl cli -am -DskipTests -Dquick "-Dlssgen.target=target/launcher" "-Dlssgen.app=%APPS%\%ID%" package >"%APPS%\build.log" 2>&1
if errorlevel 1 (
  rmdir /s /q "%APPS%\%ID%"
  rmdir "%APPS%\building"
  >&2 type "%APPS%\build.log"
  >&2 echo lssgen: the build failed; its output is in "%APPS%\build.log"
  exit /b 1
)
rem Models as files, so that weights are mapped, not unpacked; what they share is in each by now.
xcopy /e /i /q "%LSSGEN_CLONE%\models\target\launcher\classes" "%APPS%\%ID%\models" >nul
ren "%APPS%\%ID%\started" built
>"%APPS%\current" echo %ID%
rem A folder with an open file cannot be renamed: what a run still uses stays.
for /d %%d in ("%APPS%\*-*") do if /i not "%%~nxd"=="%ID%" (
  ren "%%d" "old.%%~nxd" 2>nul && rmdir /s /q "%APPS%\old.%%~nxd"
)
rmdir "%APPS%\building"
set "BUILD=%APPS%\%ID%"

:run
set "FLAGS=-XX:+UseSerialGC -Xshare:auto -Xmx1g"
set "LONG="
if "%~1"=="train" set "LONG=1"
if "%~1"=="eval" set "LONG=1"
if not defined LONG set "FLAGS=%FLAGS% -XX:TieredStopAtLevel=1"
if %JAVA_MAJOR% GEQ 22 set "FLAGS=%FLAGS% --enable-native-access=ALL-UNNAMED"
"%JAVA%" %FLAGS% %LSSGEN_JAVA_OPTS% -cp "%BUILD%\models;%BUILD%\*" io.lssgen.cli.LssGenCommand %*
exit /b %ERRORLEVEL%

rem Sets BUILD; error level 1 if there is no build or if sources are newer.
:find_build
set "ID="
if exist "%APPS%\current" set /p ID=<"%APPS%\current"
if not defined ID exit /b 1
set "BUILD=%APPS%\%ID%"
if not exist "%BUILD%\built" exit /b 1
powershell -NoProfile -NonInteractive -Command "$c = $env:LSSGEN_CLONE; $b = (Get-Item -LiteralPath (Join-Path $env:BUILD 'built')).LastWriteTime; $s = 'pom.xml', '.mvn', 'core\pom.xml', 'models\pom.xml', 'server\pom.xml', 'cli\pom.xml', 'core\src\main', 'models\src\main', 'server\src\main', 'cli\src\main' | ForEach-Object { Join-Path $c $_ }; if (Get-ChildItem -LiteralPath $s -Recurse -Force | Where-Object { $_.LastWriteTime -gt $b } | Select-Object -First 1) { exit 1 } else { exit 0 }"
exit /b %ERRORLEVEL%
