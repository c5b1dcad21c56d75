// Package ext stands in for Traefik's nested module of the same path, which is not part of its module zip.
package ext

// HTTP is embedded in Traefik's HTTP configuration; the open-source build adds no field to it.
type HTTP struct{}

// Router is embedded in Traefik's router configuration; the open-source build adds no field to it.
type Router struct{}
