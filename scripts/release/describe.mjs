// Pure: what a release is called and says of itself.

/** A release, or one on the way to it: 1.2.3, 1.2.3-rc.1. */
export const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/**
 * Tags of an image: the exact one, and for a release those that move with it. Before 1.0 a minor version may break, so `0` is no tag.
 * @param {string} version
 * @returns {string[]}
 */
export function imageTags(version) {
  const parsed = VERSION.exec(version);
  if (!parsed) throw new Error(`${version} is no version such as 1.2.3 or 1.2.3-rc.1`);
  const [, major, minor, , early] = parsed;
  if (early) return [version];
  return [version, `${major}.${minor}`, ...(major === "0" ? [] : [`${major}`]), "latest"];
}

/**
 * What the changelog says of a version.
 * @param {string} changelog
 * @param {string} version
 */
export function notesOf(changelog, version) {
  const sections = changelog.split(/^(?=## \[)/m);
  const found = sections.find((section) => section.startsWith(`## [${version}]`));
  if (!found)
    throw new Error(`CHANGELOG.md has no section [${version}]: node scripts/release/set-version.mjs ${version}`);
  return found.split("\n").slice(1).join("\n").trim();
}

/**
 * The changelog with what was unreleased under a version.
 * @param {string} changelog
 * @param {string} version
 * @param {string} date 2026-11-21
 */
export function withRelease(changelog, version, date) {
  if (changelog.includes(`## [${version}]`)) throw new Error(`CHANGELOG.md has a section [${version}] already`);
  const heading = "## [Unreleased]";
  if (!changelog.includes(heading)) throw new Error(`CHANGELOG.md has no section ${heading}`);
  return changelog.replace(heading, `${heading}\n\n## [${version}] - ${date}`);
}

/**
 * The entry for the MCP registry (server.json, schema of 2025-12-11): the gateway's image, which serves MCP over streamable HTTP.
 * @param {{ name: string, image: string, version: string, description: string }} release `name` in reverse-DNS form, as the registry wants it
 */
export function serverJson({ name, image, version, description }) {
  if (!/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/.test(name))
    throw new Error(`${name} is no name such as io.github.owner/shardgate`);
  return {
    $schema: "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
    name,
    title: "Shardgate",
    // The registry takes 100 characters.
    description: description.slice(0, 100),
    version,
    packages: [
      {
        registryType: "oci",
        identifier: `${image}:${version}`,
        transport: { type: "streamable-http", url: "http://localhost:9100/mcp" },
        environmentVariables: [
          { name: "SHARDS", description: "Addresses of shards, with commas between", isRequired: false },
          { name: "ANNOUNCE_TOKEN", description: "Lets shards register themselves", isRequired: false, isSecret: true },
        ],
      },
    ],
  };
}
