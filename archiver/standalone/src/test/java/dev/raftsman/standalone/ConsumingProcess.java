package dev.raftsman.standalone;

import dev.raftsman.client.RaftsmanConsumer;
import dev.raftsman.client.StreamRecord;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A consumer as somebody would write one, in a process of its own that can be killed: adds a line {@code offset epoch
 * sequence} to a file for each record, and then notes its checkpoint. Arguments: the file, the checkpoint, tenant, stream,
 * then collectors.
 */
final class ConsumingProcess {
    private static final int RECORDS_A_CHECKPOINT = 100;

    private ConsumingProcess() {}

    public static void main(String[] args) throws Exception {
        List<URI> collectors = Arrays.stream(args)
                .skip(4)
                .map(node -> URI.create("http://" + node))
                .toList();
        try (RaftsmanConsumer consumer = RaftsmanConsumer.of(collectors).stream(args[2], args[3])
                        .checkpointFile(Path.of(args[1]))
                        .open();
                OutputStream out = new BufferedOutputStream(new FileOutputStream(args[0], true))) {
            out.write('\n'); // The one before was killed in the middle of a line.
            int sinceCheckpoint = 0;
            for (StreamRecord record : consumer) {
                out.write((record.offset() + " " + record.epoch() + " " + record.sequence() + "\n")
                        .getBytes(StandardCharsets.US_ASCII));
                sinceCheckpoint++;
                if (sinceCheckpoint == RECORDS_A_CHECKPOINT) {
                    out.flush();
                    consumer.checkpoint();
                    sinceCheckpoint = 0;
                }
            }
        }
    }
}
