package dev.raftsman.sidecar;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPOutputStream;

/** Ways in which hosts take a log file away from under its reader. */
enum Rotation {
    /** app.log to .1, .1 to .2 and so on; what was .5 is deleted. */
    RENAME {
        @Override
        void rotate(TortureStream s) throws IOException {
            maybeBeginLine(s);
            shift(s);
            s.pause(s.random.nextInt(3) * 100);
            s.then(() -> {
                s.reopen();
                return true;
            });
        }
    },

    /** app.log to app.log-20261129-7. */
    DATED {
        @Override
        void rotate(TortureStream s) throws IOException {
            s.move(s.name, s.beside("-20261129-" + s.rotations));
            s.reopen();
        }
    },

    /** As RENAME, and the writer stays in the renamed file for a while, perhaps beyond its first line in the new one. */
    WRITER_STAYS {
        @Override
        void rotate(TortureStream s) throws IOException {
            maybeBeginLine(s);
            shift(s);
            if (s.random.nextBoolean()) {
                Files.createFile(s.name);
            }
            for (int i = s.random.nextInt(8); i >= 0; i--) {
                s.pause(60);
                s.then(() -> {
                    s.write(1 + s.random.nextInt(30));
                    return true;
                });
            }
            s.then(() -> {
                if (s.random.nextInt(3) == 0) {
                    s.reopenAndStraggle(1 + s.random.nextInt(20));
                } else {
                    s.reopen();
                }
                return true;
            });
        }
    },

    /** Copied to .1, then emptied; what is written in between is nowhere. */
    COPY_TRUNCATE {
        @Override
        void rotate(TortureStream s) throws IOException {
            s.finishLine();
            for (int i = s.rotations; i > 1; i--) {
                s.move(s.beside("." + (i - 1)), s.beside("." + i));
            }
            Files.copy(s.name, s.beside(".1"));
            TortureTruth.Generation copied = s.writes();
            s.behind.put(s.beside(".1"), copied);
            int inCopy = copied.written;
            s.note("cp, generation " + copied.index + ", " + copied.arrived.cardinality() + " of " + inCopy
                    + " have come");
            s.pause(s.random.nextInt(3) * 50);
            s.then(() -> {
                s.write(s.random.nextInt(3) * s.random.nextInt(20));
                copied.excused.set(inCopy, copied.written);
                s.note("truncate, " + (copied.written - inCopy) + " lines are nowhere");
                empty(s.name);
                s.emptied();
                s.write(s.random.nextInt(2) * s.random.nextInt(300));
                return true;
            });
        }
    },

    /** Deleted and made again at once: the file system may give the same inode. */
    RECREATE {
        @Override
        void rotate(TortureStream s) {
            proofUnlessUnlucky(s);
            s.then(() -> {
                s.finishLine();
                s.delete(s.name);
                s.reopen();
                s.write(s.random.nextInt(3));
                return true;
            });
        }
    },

    /** .1 is packed when its turn to become .2 comes, or at once; the packed file may be seen half made. */
    COMPRESS {
        @Override
        void rotate(TortureStream s) throws IOException {
            for (int i = s.rotations; i > 1; i--) {
                s.move(s.beside("." + i + ".gz"), s.beside("." + (i + 1) + ".gz"));
            }
            Path first = s.beside(".1");
            s.move(s.beside(".1.gz"), s.beside(".2.gz"));
            if (Files.exists(first)) {
                s.move(first, s.beside(".2"));
                pack(s, s.beside(".2"));
            }
            s.then(() -> {
                s.finishLine();
                s.move(s.name, first);
                s.reopen();
                return true;
            });
            if (s.random.nextBoolean()) {
                s.pause(s.random.nextInt(2) * 200);
                s.then(() -> {
                    pack(s, first);
                    return true;
                });
            }
        }
    },

    /** The name is a link, which is switched to another file in the same directory. */
    LINK {
        @Override
        void create(TortureStream s) throws IOException {
            s.open(target(s));
            Files.createSymbolicLink(s.name, target(s));
        }

        private Path target(TortureStream s) {
            return s.name.resolveSibling("data-" + s.name.getFileName() + "-" + s.rotations + ".data");
        }

        @Override
        void rotate(TortureStream s) throws IOException {
            TortureTruth.Generation old = s.writes();
            Files.createFile(target(s));
            Path link = Files.createSymbolicLink(s.beside(".new"), target(s));
            Files.move(link, s.name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            s.note("link switched, generation " + old.index + ", " + old.arrived.cardinality() + " have come");
            if (old.arrived.isEmpty()) {
                old.excuseTheRest(); // nobody can know that the old target belongs to the name
            }
            s.write(s.random.nextInt(20));
            if (old.arrived.isEmpty()) {
                old.excuseTheRest();
            }
            s.reopen();
        }
    },

    /** Emptied and written from its beginning: what was not read is nowhere. */
    TRUNCATE {
        @Override
        void rotate(TortureStream s) throws IOException {
            s.finishLine();
            TortureTruth.Generation old = s.writes();
            if (s.random.nextBoolean()) {
                s.await("generation " + old.index + " of " + s.truth.stream + " has come", old::hasArrived);
            }
            s.then(() -> {
                s.note("truncate, generation " + old.index + ", " + old.arrived.cardinality() + " of " + old.written
                        + " have come");
                old.excuseTheRest();
                empty(s.name);
                s.emptied();
                s.write(s.random.nextInt(2) * s.random.nextInt(300));
                return true;
            });
        }
    },

    /** Deleted right behind a burst, the writer stays in it; the next file comes later. */
    DELETE {
        @Override
        void rotate(TortureStream s) {
            proofUnlessUnlucky(s);
            s.then(() -> {
                s.write(s.random.nextInt(500));
                maybeBeginLine(s);
                s.delete(s.name);
                return true;
            });
            for (int i = s.random.nextInt(4); i > 0; i--) {
                s.pause(150);
                s.then(() -> {
                    s.write(1 + s.random.nextInt(30));
                    return true;
                });
            }
            s.pause(300);
            s.then(() -> {
                s.reopen();
                return true;
            });
        }
    };

    private static final int KEPT = 5;
    private static final int UNLUCKY_ONE_IN = 4;

    /** Begins; most of it comes as steps later. */
    abstract void rotate(TortureStream s) throws IOException;

    /** The first file. */
    void create(TortureStream s) throws IOException {
        s.open(s.name);
    }

    private static void maybeBeginLine(TortureStream s) throws IOException {
        if (s.random.nextInt(3) == 0) {
            s.beginLine();
        }
    }

    private static void shift(TortureStream s) throws IOException {
        for (int i = KEPT; i > 0; i--) {
            s.move(i == 1 ? s.name : s.beside("." + (i - 1)), s.beside("." + i));
        }
    }

    /** Mostly waits until it is proved that the agent has the file open, so that nothing of it is excused. */
    private static void proofUnlessUnlucky(TortureStream s) {
        TortureTruth.Generation current = s.writes();
        if (s.random.nextInt(UNLUCKY_ONE_IN) > 0) {
            s.then(() -> {
                s.write(1);
                return true;
            });
            s.await("generation " + current.index + " of " + s.truth.stream + " is read", () -> {
                if (!current.isHeld() && current.hasArrived()) {
                    s.write(1); // the agent was started again meanwhile
                }
                return current.isHeld();
            });
        }
    }

    private static void empty(Path file) throws IOException {
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
                .close();
    }

    private static void pack(TortureStream s, Path file) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        Path packed = file.resolveSibling(file.getFileName() + ".gz");
        byte[] content = Files.readAllBytes(file);
        int half = content.length / 2;
        s.note("gzip " + file.getFileName());
        OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed), true);
        out.write(content, 0, half);
        out.flush();
        s.pause(s.random.nextInt(3) * 40);
        s.then(() -> {
            out.write(content, half, content.length - half);
            out.close();
            Files.setLastModifiedTime(packed, Files.getLastModifiedTime(file));
            Files.delete(file);
            s.note("rm " + file.getFileName() + ", packed");
            s.behind.put(packed, s.behind.remove(file));
            return true;
        });
    }
}
