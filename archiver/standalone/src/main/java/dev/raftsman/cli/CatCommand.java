package dev.raftsman.cli;

import dev.raftsman.block.BlockReader;
import dev.raftsman.restore.StreamReader;
import dev.raftsman.restore.StreamSearch;
import dev.raftsman.search.BlockSearch.Keep;
import dev.raftsman.search.Query;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private Wanted wanted;

    @Parameters(arity = "1..*", paramLabel = "STREAM", description = "names of streams, with * and ? for any")
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
        wanted.check();
        return wanted.names(reader, streams);
    }

    void write(StreamReader reader, List<StreamReader.StreamName> names, OutputStream out) throws IOException {
        Query query = wanted.query(List.of(), false, List.of());
        if (wanted.raw() && query.equals(Query.ALL)) {
            writeRaw(reader, names, out);
            return;
        }
        FoundOutput output = new FoundOutput(out, wanted, List.of(), names.subList(0, 1), 0, 0, -1);
        try (StreamSearch search = new StreamSearch(reader, query, Keep.MATCHES, wanted.json());
                SearchProgress progress = SearchProgress.start(search.counts())) {
            search.plan(names);
            search.search(names, (segment, epoch, raftIndex, itemsBefore, found) -> {
                progress.output();
                output.found(segment, epoch, raftIndex, itemsBefore, found);
            });
        }
    }

    private static void writeRaw(StreamReader reader, List<StreamReader.StreamName> names, OutputStream out)
            throws IOException {
        try (BlockReader blocks = new BlockReader()) {
            for (StreamReader.StreamName name : names) {
                reader.readStream(
                        name.tenant(),
                        name.stream(),
                        (segment, epoch, raftIndex, block) -> blocks.writeRaw(block, out));
            }
        }
    }
}
