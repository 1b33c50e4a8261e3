package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.config.HostPort;
import dev.raftsman.raft.AppliedState;
import dev.raftsman.raft.LoopbackPorts;
import dev.raftsman.raft.PeerServer;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.Reply;
import dev.raftsman.store.StoreSettings;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How fast a node with nothing fetches a peer's segments over loopback, and what heap both take; printed. In {@code
 * surefire.argLine}: {@code -Draftsman.catchup.mib=5120} for 5 GiB, {@code -Xmx256m} for a collector's heap.
 */
class CatchUpSpeedTest {
    private static final int MIB = Integer.getInteger("raftsman.catchup.mib", 16);
    private static final int LINE_BYTES = 1_000;

    @TempDir
    Path root;

    @Test
    void bringsAllOfItOverTheLogsPort() throws Exception {
        StoreState.Holder full = new StoreState.Holder(
                root.resolve("full"), StoreSettings.DEFAULT, peer -> null, 1, 0, nanos -> {}, () -> {});
        Path snapshot = root.resolve("snapshot.1_1");
        try (AppliedState state = full.open(null)) {
            fill(state);
            state.capture().write(snapshot);
            HostPort address = new HostPort("127.0.0.1", LoopbackPorts.free());
            try (PeerServer server = PeerServer.start(address, null, full.offers());
                    PeerConnections peers = new PeerConnections(null, 1L << 40)) {
                assertThat(server).isNotNull();
                StoreState.Holder empty = new StoreState.Holder(
                        root.resolve("empty"), StoreSettings.DEFAULT, peers::files, 1L << 40, 0, nanos -> {}, () -> {});
                try (AppliedState before = empty.open(null)) {
                    assertThat(before).isNotNull();
                    long began = System.nanoTime();
                    empty.fetch(address.toString(), 1).commit(root.resolve("snapshot.2"));
                    double seconds = (double) (System.nanoTime() - began) / TimeUnit.SECONDS.toNanos(1);
                    long bytes = empty.progress().fetchedBytes();
                    System.out.printf(
                            "caught up: %d MiB in %.1f s, %.0f MB/s; greatest heap %d MiB of %d%n",
                            bytes >> 20,
                            seconds,
                            bytes / seconds / 1e6,
                            greatestHeapBytes() >> 20,
                            Runtime.getRuntime().maxMemory() >> 20);
                }
                try (AppliedState after = empty.open(root.resolve("snapshot.2"))) {
                    assertThat(after).isNotNull();
                    assertThat(empty.get().view()).isEqualTo(full.get().view());
                    assertThat(Files.exists(root.resolve("empty").resolve("incoming")))
                            .isFalse();
                }
            }
        }
    }

    /** Incompressible lines, in entries of about a MiB. */
    private static void fill(AppliedState state) throws Exception {
        Random random = new Random(1);
        byte[] reply = state.apply(
                1,
                0,
                ByteBuffer.wrap(new Entry.Change(1, new Command.Open("acme", "app", new UUID(1, 2), "s")).encode()));
        long epoch =
                ((CommandResult.Opened) ((Reply.ChangeReply) Reply.decode(ByteBuffer.wrap(reply))).result()).epoch();
        int lines = (1 << 20) / LINE_BYTES;
        for (int i = 0; i < MIB; i++) {
            byte[] text = new byte[lines * LINE_BYTES];
            random.nextBytes(text);
            for (int at = 0; at < text.length; at++) {
                text[at] = text[at] == '\n' ? (byte) 'n' : text[at];
            }
            for (int line = 1; line <= lines; line++) {
                text[line * LINE_BYTES - 1] = '\n';
            }
            ByteBuffer block = Blocks.ofLines((long) i * lines, text);
            state.apply(1, i + 1, ByteBuffer.wrap(new Entry.Append(1, List.of(new EpochBlock(epoch, block))).encode()));
        }
    }

    private static long greatestHeapBytes() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong((MemoryPoolMXBean pool) -> pool.getPeakUsage().getUsed())
                .sum();
    }
}
