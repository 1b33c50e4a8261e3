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
            "Writes a stream to standard output, hot and cold as one, in the order it was stored.",
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

    @Parameters(paramLabel = "STREAM", description = "the stream")
    private String stream;

    @Override
    public Integer call() throws IOException {
        try (StreamReader reader = place.open();
                BlockReader blocks = new BlockReader();
                OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES)) {
            StreamReader.StreamName name = find(reader);
            EventText text = new EventText(out);
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
            return ExitCodes.OK;
        }
    }

    private StreamReader.StreamName find(StreamReader reader) {
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
