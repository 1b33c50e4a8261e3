package dev.raftsman.config;

/**
 * One thing wrong in a configuration file.
 *
 * @param line from 1
 * @param column from 1
 * @param key the dotted path, empty if none is meant
 */
public record Problem(String file, int line, int column, String key, String what, String expected) {
    /** One line, whatever a library had to say. */
    public Problem {
        what = what.replaceAll("\\s*\\R\\s*", " ");
    }

    @Override
    public String toString() {
        return file + ":" + line + ":" + column + " " + (key.isEmpty() ? "" : key + ": ") + what
                + (expected.isEmpty() ? "" : "; expected " + expected);
    }
}
