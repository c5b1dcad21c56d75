import { lookup as systemLookup, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";

/** Looks a name up as the system does, and refuses it where `refuse` gives a reason for one of its addresses. */
export function guardedLookup(refuse: (address: string) => string | undefined): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, options, (error, found: string | LookupAddress[], family) => {
      if (error !== null) return callback(error, found, family);
      for (const address of Array.isArray(found) ? found.map((one) => one.address) : [found]) {
        const reason = refuse(address);
        if (reason !== undefined) return callback(new Error(`${hostname} is ${address}, which ${reason}`), "");
      }
      callback(null, found, family);
    });
  };
}
