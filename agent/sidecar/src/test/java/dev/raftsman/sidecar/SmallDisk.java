package dev.raftsman.sidecar;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of a few mebibytes, of its own, to be filled. Needs root. */
final class SmallDisk implements AutoCloseable {
    /** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. */
    private static final String SHUT_DOWN =
            "import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";

    private static final int MIB = 1 << 20;

    private final Path mount;
    private final Path image;

    private SmallDisk(Path mount, Path image) {
        this.mount = mount;
        this.image = image;
    }

    /** @return null if we may not mount one here */
    static SmallDisk tmpfs(Path dir, int mebibytes) throws IOException {
        Path mount = Files.createDirectory(dir.resolve("tmpfs"));
        return run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "raftsman-test", mount.toString())
                ? new SmallDisk(mount, null)
                : null;
    }

    /** @return null if we may not mount one here */
    static SmallDisk ext4(Path dir, int mebibytes) throws IOException {
        Path mount = Files.createDirectory(dir.resolve("ext4"));
        Path image = dir.resolve("ext4.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) mebibytes * MIB);
        }
        return run("mkfs.ext4", "-q", "-F", image.toString())
                        && run("mount", "-o", "loop", image.toString(), mount.toString())
                ? new SmallDisk(mount, image)
                : null;
    }

    Path path() {
        return mount;
    }

    boolean readOnly(boolean wanted) {
        return run("mount", "-o", wanted ? "remount,ro" : "remount,rw", mount.toString());
    }

    /** From now on every access is an error. ext4 only; @return false if the ioctl cannot be made here */
    boolean fail() {
        return run("python3", "-c", SHUT_DOWN, mount.toString());
    }

    /** The failed disk is taken away, whoever uses it, and an empty one put in its place. */
    boolean replace() {
        return run("umount", "-l", mount.toString())
                && run("mount", "-t", "tmpfs", "-o", "size=64m", "raftsman-test", mount.toString());
    }

    /** Takes all the space there is. */
    Path fill() throws IOException {
        Path filler = mount.resolve("filler");
        try (var out = Files.newOutputStream(filler)) {
            byte[] some = new byte[4096];
            while (true) {
                out.write(some);
            }
        } catch (IOException full) {
            return filler;
        }
    }

    private static boolean run(String... command) {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException absent) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        if (!run("umount", mount.toString())) {
            run("umount", "-l", mount.toString());
        }
        if (image != null) {
            Files.deleteIfExists(image);
        }
    }
}
