package dev.raftsman.standalone;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An ext4 file system in a file, whose power can be cut: whatever was not forced to it is gone, as after a real cut. Needs root,
 * loop devices and Python, for the one ioctl that Java has no call for.
 */
final class LoopDisk implements AutoCloseable {
    /** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: not even the journal is written out. */
    private static final String CUT =
            "import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";

    private final Path image;
    private final Path mount;

    private LoopDisk(Path image, Path mount) {
        this.image = image;
        this.mount = mount;
    }

    /** Why there can be no such disk here; null if there can. */
    static String unavailable() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "not root";
        }
        for (String command : List.of("mkfs.ext4", "mount", "umount", "python3")) {
            if (!Checkout.has(command)) {
                return command + " is not installed";
            }
        }
        return null;
    }

    /** Makes and mounts one; null if the kernel has no loop devices for us. */
    static LoopDisk create(Path dir, String name, int mebibytes) throws IOException {
        Path image = dir.resolve(name + ".img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) mebibytes << 20);
        }
        Path mount = Files.createDirectories(dir.resolve(name));
        must(run("mkfs.ext4", "-q", "-F", image.toString()));
        LoopDisk disk = new LoopDisk(image, mount);
        return disk.mount().exitCode() == 0 ? disk : null;
    }

    Path path() {
        return mount;
    }

    private Ran mount() {
        return run("mount", "-o", "loop", image.toString(), mount.toString());
    }

    /** The power goes, and comes back: processes that used the disk must have been killed. */
    void cutPower() {
        must(run("python3", "-c", CUT, mount.toString()));
        must(run("umount", mount.toString()));
        must(mount());
    }

    private static Ran run(String... command) {
        return Ran.command(Map.of(), List.of(command));
    }

    private static void must(Ran ran) {
        if (ran.exitCode() != 0) {
            throw new AssertionError(ran.output() + ran.error());
        }
    }

    @Override
    public void close() throws IOException {
        run("umount", mount.toString());
        Files.deleteIfExists(image);
    }
}
