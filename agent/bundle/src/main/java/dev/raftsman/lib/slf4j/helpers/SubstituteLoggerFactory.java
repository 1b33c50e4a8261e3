package dev.raftsman.lib.slf4j.helpers;

import dev.raftsman.lib.slf4j.ILoggerFactory;

/** In SLF4J, the factory until set-up is done. Here nothing is set up, and there is none. */
public final class SubstituteLoggerFactory implements ILoggerFactory {
    private SubstituteLoggerFactory() {}
}
