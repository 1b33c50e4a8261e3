package dev.raftsman.objects;

/**
 * What a store tells of an object without reading it.
 *
 * @param bytes its whole length
 */
public record ObjectInfo(ObjectKey key, long bytes) {}
