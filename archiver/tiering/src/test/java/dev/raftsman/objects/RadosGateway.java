package dev.raftsman.objects;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/**
 * Ceph's S3 gateway with a cluster of its own behind it: one monitor, one OSD in a sparse file, one radosgw, from Debian's
 * packages {@code ceph-mon ceph-osd radosgw}, in one directory, on free ports of the loopback. No manager: nothing here needs
 * its figures, and it takes more memory than all the others.
 *
 * <p>Its answers differ from Amazon's: a checksum trailer is refused, so {@link S3Settings.Checksums#WHEN_REQUIRED}.
 */
public final class RadosGateway implements S3Server {
    private static final List<String> PROGRAMS =
            List.of("ceph", "ceph-authtool", "monmaptool", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin");
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Duration STOP = Duration.ofSeconds(10);

    private final Path directory;
    private final int monitorPort;
    private final int port;
    private final UUID cluster = UUID.randomUUID();

    /** The newest first, which is the order they are stopped in. */
    private final Deque<Process> daemons = new ArrayDeque<>();

    private RadosGateway(Path directory) throws IOException {
        this.directory = directory;
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket two = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.monitorPort = one.getLocalPort();
            this.port = two.getLocalPort();
        }
    }

    /** Those of the programs that are not installed; none where it can be started. */
    public static List<String> missingPrograms() {
        List<String> path = Arrays.asList(System.getenv("PATH").split(File.pathSeparator));
        return PROGRAMS.stream()
                .filter(program -> path.stream()
                        .noneMatch(folder -> Files.isExecutable(Path.of(folder).resolve(program))))
                .toList();
    }

    /** Ceph is installed, and this machine does not let it run. */
    public static final class NotPermittedException extends IOException {
        private static final long serialVersionUID = 1L;

        NotPermittedException(String message) {
            super(message);
        }
    }

    /** @param directory made, and filled with some tens of MB; a short path, for sockets lie in it */
    public static RadosGateway start(Path directory) throws IOException {
        RadosGateway gateway = new RadosGateway(Files.createDirectories(directory));
        try {
            gateway.startMonitor();
            gateway.startOsd();
            gateway.startGateway();
            return gateway;
        } catch (IOException | RuntimeException e) {
            gateway.close();
            throw e;
        }
    }

    private void startMonitor() throws IOException {
        configure();
        Files.createDirectories(directory.resolve("mon.a"));
        run("ceph-authtool", "--create-keyring", "mon.keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *");
        List<String> all = List.of("--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *");
        List<String> admin = new ArrayList<>(
                List.of("ceph-authtool", "--create-keyring", "admin.keyring", "--gen-key", "-n", "client.admin"));
        admin.addAll(all);
        run(admin.toArray(String[]::new));
        run("ceph-authtool", "mon.keyring", "--import-keyring", "admin.keyring");
        run("monmaptool", "--create", "--fsid", cluster.toString(), "--addv", "a", monitor(), "monmap");
        run("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "mon.keyring");
        Process mon = daemon("mon", "ceph-mon", "-f", "-i", "a");
        await("mon", mon, () -> accepts(monitorPort));
    }

    private void startOsd() throws IOException {
        UUID osd = UUID.randomUUID();
        Path data = Files.createDirectories(directory.resolve("osd.0"));
        run("ceph", "osd", "new", osd.toString());
        run(
                "ceph",
                "auth",
                "get-or-create",
                "osd.0",
                "mon",
                "allow profile osd",
                "osd",
                "allow *",
                "-o",
                data.resolve("keyring").toString());
        run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd.toString());
        Process running = daemon("osd", "ceph-osd", "-f", "-i", "0");
        await("osd", running, () -> answers("\"num_up_osds\":1", "ceph", "osd", "stat", "--format", "json"));
    }

    private void startGateway() throws IOException {
        run("ceph", "auth", "get-or-create", "client.rgw", "mon", "allow rw", "osd", "allow rwx", "-o", "rgw.keyring");
        Process gateway = daemon("rgw", "radosgw", "-f", "-n", "client.rgw");
        await("rgw", gateway, () -> accepts(port));
        run(
                "radosgw-admin",
                "user",
                "create",
                "--uid=raftsman",
                "--display-name=raftsman",
                "--access-key=" + KEYS.accessKeyId(),
                "--secret-key=" + KEYS.secretAccessKey());
    }

    /** One copy, no warnings of a full disk that is not ours, and little memory. */
    private void configure() throws IOException {
        Files.writeString(directory.resolve("ceph.conf"), """
                [global]
                fsid = %1$s
                mon host = %2$s
                mon initial members = a
                public addr = 127.0.0.1
                cluster addr = 127.0.0.1
                run dir = %3$s
                admin socket = %3$s/$name.asok
                pid file = %3$s/$name.pid
                crash dir = %3$s/crash
                log file = %3$s/$name.log
                mon cluster log file = %3$s/cluster.log
                keyring = %3$s/admin.keyring
                osd pool default size = 1
                osd pool default min size = 1
                osd pool default pg num = 4
                osd pool default pg autoscale mode = off
                osd crush chooseleaf type = 0
                [mon]
                mon data = %3$s/mon.a
                keyring = %3$s/mon.a/keyring
                mon allow pool size one = true
                mon max pg per osd = 1000
                mon data avail warn = 1
                mon data avail crit = 1
                [osd]
                osd data = %3$s/osd.0
                keyring = %3$s/osd.0/keyring
                osd objectstore = bluestore
                bluestore block size = 12884901888
                osd memory target = 939524096
                [client.rgw]
                keyring = %3$s/rgw.keyring
                rgw frontends = beast endpoint=127.0.0.1:%4$d
                rgw thread pool size = 64
                """.formatted(cluster, monitor(), directory, port));
    }

    private String monitor() {
        return "[v2:127.0.0.1:" + monitorPort + "]";
    }

    private ProcessBuilder command(String name, String... command) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name + ".out").toFile()));
        builder.environment().put("CEPH_CONF", directory.resolve("ceph.conf").toString());
        builder.environment().remove("CEPH_ARGS");
        return builder;
    }

    private Process daemon(String name, String... command) throws IOException {
        Process process = command(name, command).start();
        daemons.push(process);
        return process;
    }

    private void run(String... command) throws IOException {
        Path out = directory.resolve("setup.out");
        Process process = command("setup", command).start();
        if (!ended(process) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw failed(String.join(" ", command).replace(KEYS.secretAccessKey(), "***"), out);
        }
    }

    private boolean answers(String text, String... command) {
        try {
            Path out = Files.createTempFile(directory, "answer", ".out");
            Process process =
                    command("answer", command).redirectOutput(out.toFile()).start();
            boolean said = ended(process) && Files.readString(out).contains(text);
            Files.delete(out);
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean ended(Process process) {
        try {
            return process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void await(String name, Process process, BooleanSupplier condition) throws IOException {
        Awaitility.await(name)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> !process.isAlive() || condition.getAsBoolean());
        if (!process.isAlive()) {
            throw failed(name, directory.resolve(name + ".out"));
        }
    }

    private static IOException failed(String what, Path out) throws IOException {
        String said = Files.exists(out) ? Files.readString(out) : "";
        String last = said.substring(Math.max(0, said.length() - 2_000));
        boolean forbidden = last.contains("Operation not permitted") || last.contains("Permission denied");
        return forbidden ? new NotPermittedException(what + ": " + last) : new IOException(what + ": " + last);
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    @Override
    public S3Settings.Checksums checksums() {
        return S3Settings.Checksums.WHEN_REQUIRED;
    }

    @Override
    public boolean locks() {
        return true;
    }

    /** The directory stays the caller's. */
    @Override
    public void close() {
        for (Process daemon : daemons) {
            daemon.destroy();
            try {
                if (!daemon.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
                    daemon.destroyForcibly().onExit().join();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                daemon.destroyForcibly();
            }
        }
        daemons.clear();
    }
}
