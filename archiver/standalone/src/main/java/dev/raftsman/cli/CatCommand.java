package dev.raftsman.cli;

import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.restore.StreamReader;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "cat",
        description = {
            "Writes streams to standard output, one after the other, hot and cold as one, in the order they were stored.",
            "Control characters are escaped so that an event stays one line and no terminal obeys it; --raw leaves every byte"
                    + " as it was."
        })
final class CatCommand implements Callable<Integer> {
    private static final int BUFFER_BYTES = 1 << 16;

    @Mixin
    private Place place;

    @Option(
            names = "--raw",
            description = "lines of files exactly as they were, newlines included; of events the message and a newline")
    private boolean raw;

    @Option(names = "--tenant", description = "whose stream; needed only if several tenants have one of the name")
    private String tenant;

    @Parameters(arity = "1..*", paramLabel = "STREAM", description = "the streams")
    private List<String> streams;

    @Override
    public Integer call() throws IOException {
        try (StreamReader reader = open()) {
            List<StreamReader.StreamName> names = names(reader);
            try (OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES)) {
                write(reader, names, out);
            }
        }
        return ExitCodes.OK;
    }

    StreamReader open() throws IOException {
        return place.open();
    }

    /** All that were asked for, before anything is written. */
    List<StreamReader.StreamName> names(StreamReader reader) {
        return streams.stream().map(stream -> find(reader, stream)).toList();
    }

    void write(StreamReader reader, List<StreamReader.StreamName> names, OutputStream out) throws IOException {
        try (BlockReader blocks = new BlockReader()) {
            EventText text = new EventText(out);
            for (StreamReader.StreamName name : names) {
                reader.readStream(name.tenant(), name.stream(), (segment, epoch, raftIndex, block) -> {
                    if (raw) {
                        blocks.writeRaw(block, out);
                    } else if (block.kind() == BlockKind.LINES) {
                        blocks.forEachLine(block, text::line);
                    } else if (block.kind() == BlockKind.EVENTS) {
                        blocks.forEachEvent(block, text::event);
                    } else {
                        text.gap(block);
                    }
                });
            }
        }
    }

    private StreamReader.StreamName find(StreamReader reader, String stream) {
        List<StreamReader.StreamName> found = reader.streams().stream()
                .filter(name -> name.stream().equals(stream))
                .filter(name -> tenant == null || name.tenant().equals(tenant))
                .toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        String whose = tenant == null ? "" : " of tenant " + tenant;
        throw new CommandException(
                ExitCodes.NO_INPUT,
                found.isEmpty()
                        ? "no stream " + stream + whose + "; there are "
                                + String.join(
                                        ", ",
                                        reader.streams().stream()
                                                .map(StreamReader.StreamName::stream)
                                                .distinct()
                                                .toList())
                        : "several tenants have a stream " + stream + ": "
                                + String.join(
                                        ", ",
                                        found.stream()
                                                .map(StreamReader.StreamName::tenant)
                                                .toList())
                                + "; say --tenant");
    }
}
