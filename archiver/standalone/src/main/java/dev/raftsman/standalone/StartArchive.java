package dev.raftsman.standalone;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The archive of classes that processes of one verb, or of many, start from.
 *
 * @param verb {@link Verb#AGENT}, {@link Verb#COLLECTOR}, or {@link #COMMANDS} for all others
 * @param file beside the jars, for the Java in use; it need not be there
 */
public record StartArchive(String verb, Path file) {
    static final String COMMANDS = "commands";

    /** Those there can be; none if this process was not started by the launcher, which alone knows their names. */
    public static List<StartArchive> all() {
        String lib = System.getProperty("raftsman.lib");
        String suffix = System.getProperty("raftsman.archives");
        return lib == null || suffix == null
                ? List.of()
                : Stream.of(Verb.AGENT, Verb.COLLECTOR, COMMANDS)
                        .map(verb -> new StartArchive(verb, Path.of(lib, verb + "-" + suffix)))
                        .toList();
    }
}
