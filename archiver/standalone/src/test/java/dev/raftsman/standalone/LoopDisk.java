package dev.raftsman.standalone;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A file system in a file, whose power can be cut: whatever was not forced to it is gone, as after a real cut. And it can be
 * filled. Needs root, loop devices and Python, for the one ioctl that Java has no call for.
 */
final class LoopDisk implements AutoCloseable {
    /** What may lie on it. */
    enum Type {
        EXT4,
        XFS;

        private String maker() {
            return "mkfs." + toString();
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final String FILLER = "filler";

    /** The same of both: EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN; without flushing, not even the journal is written out. */
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
        return unavailable(Type.EXT4);
    }

    /** Why there can be no such disk here; null if there can. */
    static String unavailable(Type type) {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "not root";
        }
        for (String command : List.of(type.maker(), "mount", "umount", "fallocate", "python3")) {
            if (!Checkout.has(command)) {
                return command + " is not installed";
            }
        }
        return null;
    }

    /** Makes and mounts one; null if the kernel has no loop devices for us. */
    static LoopDisk create(Path dir, String name, int mebibytes) throws IOException {
        return create(dir, name, mebibytes, Type.EXT4);
    }

    static LoopDisk create(Path dir, String name, int mebibytes, Type type) throws IOException {
        Path image = dir.resolve(name + ".img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) mebibytes << 20);
        }
        Path mount = Files.createDirectories(dir.resolve(name));
        // No blocks are kept back for root, who runs this: full is full.
        must(
                type == Type.EXT4
                        ? run(type.maker(), "-q", "-F", "-m", "0", image.toString())
                        : run(type.maker(), "-q", "-f", image.toString()));
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

    /** Takes all space but so much at once, as another program on that disk would. */
    void fill(long leftBytes) {
        Path filler = mount.resolve(FILLER);
        for (long step = 64 << 20; step >= 1 << 12; step /= 2) {
            long have = filler.toFile().length();
            while (mount.toFile().getUsableSpace() >= leftBytes + step
                    && run("fallocate", "-o", Long.toString(have), "-l", Long.toString(step), filler.toString())
                                    .exitCode()
                            == 0) {
                have += step;
            }
        }
    }

    /** Gives the space back. */
    void empty() throws IOException {
        Files.deleteIfExists(mount.resolve(FILLER));
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
