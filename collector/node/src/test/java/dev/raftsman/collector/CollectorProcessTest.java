package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.config.HostPort;
import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.raft.LoopbackPorts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in which a collector does not start: its exit code, and one line that says why. */
class CollectorProcessTest {
    @TempDir
    Path root;

    private Path data;
    private HostPort raft;
    private HostPort ingest;
    private HostPort http;
    private String complaint;

    @BeforeEach
    void chooseAddresses() throws IOException {
        data = root.resolve("data");
        raft = free();
        ingest = free();
        http = free();
    }

    private static HostPort free() throws IOException {
        return new HostPort("127.0.0.1", LoopbackPorts.free());
    }

    private int run(String node) throws IOException {
        Path file = root.resolve("collector.yaml");
        Files.writeString(file, """
                version: 1
                node: %s
                data: "%s"
                raft:
                  peers:
                    - {id: %s, raft: "%s", ingest: "%s", http: "%s"}
                """.formatted(node, data, node, raft, ingest, http));
        return run(file);
    }

    private int run(Path file) {
        PrintStream before = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            return CollectorProcess.run(file);
        } finally {
            System.setErr(before);
            complaint = err.toString(StandardCharsets.UTF_8).strip();
        }
    }

    @Test
    void endsWith78AndEveryProblemOfTheConfiguration() throws IOException {
        Path file = root.resolve("wrong.yaml");
        Files.writeString(file, "version: 1\nnode: n1\ndata: d\nsegments: {size: 64}\nrafft: {}\n");
        assertThat(run(file)).isEqualTo(78);
        assertThat(complaint.lines()).hasSize(3).allMatch(line -> line.startsWith(file + ":"));
        assertThat(complaint).contains(":4:18 segments.size").contains("did you mean 'raft'");
    }

    @Test
    void endsWith78InADirectoryOfAnotherNodeOrOfSomethingElse() throws Exception {
        DataDirectory.open(data, "raftsman", new UUID(1, 2), "n7").close();
        assertThat(run("n1")).isEqualTo(78);
        assertThat(complaint.lines())
                .singleElement()
                .asString()
                .contains("node n7; expected")
                .contains("node n1");
        data = root.resolve("photos");
        Files.createDirectories(data.resolve("cats"));
        assertThat(run("n1")).isEqualTo(78);
        assertThat(complaint.lines()).singleElement().asString().contains("holds 'cats'");
        assertThat(Files.exists(data.resolve("identity"))).isFalse();
    }

    @Test
    void endsWith75IfTheDirectoryIsHeld() throws Exception {
        Files.createDirectories(data);
        try (DirectoryLock lock = DirectoryLock.acquire(data.resolve("lock"))) {
            assertThat(lock).isNotNull();
            assertThat(run("n1")).isEqualTo(75);
        }
        assertThat(complaint.lines()).singleElement().asString().contains("is in use by");
    }

    @Test
    void endsWith73IfTheDirectoryCannotBeMade() throws Exception {
        Files.writeString(root.resolve("file"), "not a directory");
        data = root.resolve("file").resolve("data");
        assertThat(run("n1")).isEqualTo(73);
        assertThat(complaint.lines()).singleElement().asString().contains("write the data directory " + data);
    }

    @Test
    void endsWith69AndNamesTheDoorThatCannotBeOpened() throws Exception {
        for (HostPort taken : new HostPort[] {raft, ingest, http}) {
            try (ServerSocket socket = new ServerSocket(taken.port(), 1, InetAddress.getLoopbackAddress())) {
                assertThat(socket.isBound()).isTrue();
                assertThat(run("n1")).isEqualTo(69);
                assertThat(complaint.lines())
                        .singleElement()
                        .asString()
                        .contains("cannot listen on " + taken)
                        .contains(taken == raft ? "(raft)" : taken == ingest ? "(ingest)" : "(http)");
            }
        }
    }

    @Test
    void endsWith74IfItsSnapshotIsGoneButItsSegmentsRemember() throws Exception {
        Files.createDirectories(data);
        UUID group = UUID.nameUUIDFromBytes("raftsman/raftsman".getBytes(StandardCharsets.UTF_8));
        DataDirectory.open(data, "raftsman", group, "n1").close();
        Files.writeString(data.resolve("snapshotted"), "17\n");
        assertThat(run("n1")).isEqualTo(74);
        assertThat(complaint.lines()).singleElement().asString().contains("snapshot of index 17");
    }
}
