package dev.raftsman.lib.slf4j;

/** Where loggers come from: never asked for one. */
public interface ILoggerFactory {}
