import { CommandError } from "./command-error.ts";
import type { Command } from "./command.ts";

/** What a shell may complete after one command. */
interface Words {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
}

/** Makes the command that prints completions for all others. */
export function completionOf(commands: readonly Command[]): Command {
  const completion: Command = {
    name: "completion",
    summary: "print completions for a shell",
    options: [],
    arguments: [{ name: "<shell>", description: "bash, zsh or fish" }],
    async run([shell = ""], _options, io) {
      const script = SCRIPTS[shell];
      if (script === undefined) throw new CommandError(`There are no completions for ${shell}; known: bash, zsh, fish`);
      io.write(script([...commands, completion].map(wordsOf)));
      return 0;
    },
  };
  return completion;
}

function wordsOf({ name, summary, options }: Command): Words {
  const flags = options.map(({ flags: spelled, description }) => ({
    flag: /--[a-z-]+/.exec(spelled)?.[0] ?? spelled,
    description,
  }));
  return { name, summary, options: flags };
}

const SCRIPTS: Readonly<Record<string, (words: readonly Words[]) => string>> = { bash, zsh, fish };

function bash(words: readonly Words[]): string {
  const cases = words.map(
    ({ name, options }) => `    ${name}) words="${options.map(({ flag }) => flag).join(" ")}" ;;`,
  );
  return `# source <(shardgate completion bash)
_shardgate() {
  local words="${words.map(({ name }) => name).join(" ")}"
  if [ "$COMP_CWORD" -gt 1 ]; then case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="" ;;
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _shardgate shardgate
`;
}

function zsh(words: readonly Words[]): string {
  const quote = (text: string): string => text.replace(/['\\]/g, "").replace(/[:[\]]/g, " ");
  const commands = words.map(({ name, summary }) => `    '${name}:${quote(summary)}'`);
  const cases = words.map(({ name, options }) => {
    const flags = options.map(({ flag, description }) => `'${flag}[${quote(description)}]'`);
    return `    ${name}) _arguments ${[...flags, "'*:file:_files'"].join(" ")} ;;`;
  });
  return `#compdef shardgate
_shardgate() {
  local -a commands=(
${commands.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _shardgate shardgate
`;
}

function fish(words: readonly Words[]): string {
  const quote = (text: string): string => `'${text.replace(/['\\]/g, "\\$&")}'`;
  const lines = words.flatMap(({ name, summary, options }) => [
    `complete -c shardgate -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
    ...options.map(
      ({ flag, description }) =>
        `complete -c shardgate -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d ${quote(description)}`,
    ),
  ]);
  return `# shardgate completion fish | source\n${lines.join("\n")}\n`;
}
