package dev.raftsman.standalone;

import java.util.ArrayList;
import java.util.List;

/** What a shell that shows each line as it reads it ({@code bash -v}) has printed, by line of its script. */
final class ReadmeTranscript {
    private final List<String> script;
    private final List<StringBuilder> outputs = new ArrayList<>();
    private int read;

    ReadmeTranscript(List<String> script, String transcript) {
        this.script = List.copyOf(script);
        script.forEach(line -> outputs.add(new StringBuilder()));
        transcript.lines().forEach(line -> {
            if (read < script.size() && line.equals(script.get(read))) {
                read++;
            } else if (read > 0) {
                outputs.get(read - 1).append(line).append('\n');
            }
        });
    }

    /** The last line that was read, from 1; of several that are one command, the last one. */
    int reached() {
        return read;
    }

    /** Of the command that ends on this line, standard error included; background processes print wherever they do. */
    String output(int line) {
        return outputs.get(line).toString();
    }

    String command(int line) {
        return script.get(line);
    }
}
