import { describe, expect, it } from "vitest";
import { isLoopback, refuseAddress } from "./learned-address.ts";

describe("an address from a network", () => {
  it.each([
    "192.168.1.7",
    "10.0.0.1",
    "172.17.0.2",
    "100.64.0.9",
    "127.0.0.1",
    "8.8.8.8",
    "fd00::5",
    "2001:db8::1",
    "::1",
  ])("%s may be called", (address) => expect(refuseAddress(address)).toBeUndefined());

  it.each([
    ["169.254.169.254", "link-local"],
    ["::ffff:169.254.169.254", "link-local"],
    ["::ffff:a9fe:a9fe", "link-local"],
    ["64:ff9b::a9fe:a9fe", "link-local"],
    ["0:0:0:0:0:ffff:a9fe:1", "link-local"],
    ["fe80::1", "link-local"],
    ["fe80::1%eth0", "link-local"],
    ["febf::1", "link-local"],
    ["fd00:ec2::254", "metadata"],
    ["100.100.100.200", "metadata"],
    ["0.0.0.0", "no single host"],
    ["::", "no single host"],
    ["224.0.0.1", "no single host"],
    ["255.255.255.255", "no single host"],
    ["ff02::1", "no single host"],
    ["nas.lan", "no address"],
  ])("%s is refused", (address, why) => expect(refuseAddress(address)).toContain(why));

  it("knows the machine itself", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map(isLoopback)).toEqual([true, true, true, true]);
    expect(["10.0.0.1", "::2", "x"].map(isLoopback)).toEqual([false, false, false]);
  });
});
