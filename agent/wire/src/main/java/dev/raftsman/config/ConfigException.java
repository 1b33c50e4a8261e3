package dev.raftsman.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration cannot be used. The message has one line for each problem. Processes end with {@link #EXIT_CODE}. */
public final class ConfigException extends Exception {
    /** EX_CONFIG of sysexits.h. */
    public static final int EXIT_CODE = 78;

    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    public ConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
