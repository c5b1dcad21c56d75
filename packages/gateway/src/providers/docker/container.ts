import * as z from "zod";

/** What `GET /containers/json` says of a container, as far as it matters here; absent parts read as empty. */
export const containerSchema = z.object({
  Id: z.string(),
  Names: z.array(z.string()).nullish(),
  Created: z.number().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  /** `Up 3 minutes (healthy)`. */
  Status: z.string().nullish(),
  Ports: z
    .array(
      z.object({
        IP: z.string().nullish(),
        PrivatePort: z.number(),
        PublicPort: z.number().nullish(),
        Type: z.string().nullish(),
      }),
    )
    .nullish(),
  HostConfig: z.object({ NetworkMode: z.string().nullish() }).nullish(),
  NetworkSettings: z
    .object({
      Networks: z
        .record(
          z.string(),
          z.object({
            NetworkID: z.string().nullish(),
            IPAddress: z.string().nullish(),
            GlobalIPv6Address: z.string().nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

export type RawContainer = z.output<typeof containerSchema>;

export interface ContainerNetwork {
  readonly name: string;
  readonly id: string;
  /** IPv4, or IPv6 where there is no other; empty while it has none. */
  readonly address: string;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly created: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly isUnhealthy: boolean;
  readonly ports: readonly { readonly ip: string; readonly inside: number; readonly outside: number | undefined }[];
  readonly networkMode: string;
  readonly networks: readonly ContainerNetwork[];
}

export function toContainer(raw: RawContainer): Container {
  const ports = (raw.Ports ?? []).filter(({ Type }) => (Type ?? "tcp") === "tcp");
  return {
    id: raw.Id,
    name: (raw.Names?.[0] ?? raw.Id.slice(0, 12)).replace(/^\//, ""),
    created: raw.Created ?? 0,
    labels: raw.Labels ?? {},
    isUnhealthy: /\(unhealthy\)/.test(raw.Status ?? ""),
    ports: ports.map(({ IP, PrivatePort, PublicPort }) => ({
      ip: IP ?? "",
      inside: PrivatePort,
      outside: PublicPort ?? undefined,
    })),
    networkMode: raw.HostConfig?.NetworkMode ?? "default",
    networks: Object.entries(raw.NetworkSettings?.Networks ?? {})
      .map(([name, network]) => ({
        name,
        id: network.NetworkID ?? "",
        address: network.IPAddress || network.GlobalIPv6Address || "",
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
