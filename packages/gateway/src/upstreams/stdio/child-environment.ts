type Environment = Readonly<Record<string, string | undefined>>;

/** What every program needs, also whom it may trust; nothing that may be secret, and nothing that changes how it runs. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|LANG|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP|XDG_[A-Z_]+|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|SystemRoot|APPDATA|LOCALAPPDATA|USERPROFILE|PATHEXT)$/;

/** What programs that install others need besides: where packages come from, and the way there. */
const PASSED_TO_INSTALLERS = /^(npm_config_.*|NPM_CONFIG_.*|UV_.*|PIP_.*|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)$/;

/**
 * The environment of a program: of ours what every program needs, then what its definition says. Our secrets stay ours.
 *
 * @param isInstaller true for what fetches packages (npm, uv, and the wrappers npx and uvx)
 */
export function childEnvironment(own: Environment, defined: Environment, isInstaller: boolean): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && (PASSED.test(name) || (isInstaller && PASSED_TO_INSTALLERS.test(name))))
      env[name] = value;
  }
  for (const [name, value] of Object.entries(defined)) if (value !== undefined) env[name] = value;
  return env;
}
