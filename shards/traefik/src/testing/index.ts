export {
  findRealTraefik,
  startRealTraefik,
  type RealTraefik,
  type RealTraefikOptions,
} from "@shardgate/traefik-sim/real";
