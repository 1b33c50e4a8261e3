package dev.raftsman.sidecar;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** What a bad disk, or a bad hand, does to a file at rest. */
enum Damage {
    FLIPPED_BIT {
        @Override
        void at(RandomAccessFile file, long place, Random random) throws IOException {
            file.seek(place);
            int before = file.read();
            file.seek(place);
            file.write(before ^ 1 << random.nextInt(8));
        }
    },

    ZEROED_PAGE {
        @Override
        void at(RandomAccessFile file, long place, Random random) throws IOException {
            long from = place / PAGE_BYTES * PAGE_BYTES;
            file.seek(from);
            file.write(new byte[(int) Math.min(PAGE_BYTES, file.length() - from)]);
        }
    },

    CUT {
        @Override
        void at(RandomAccessFile file, long place, Random random) throws IOException {
            file.setLength(place);
        }
    };

    private static final int PAGE_BYTES = 4096;

    abstract void at(RandomAccessFile file, long place, Random random) throws IOException;

    /** Somewhere in the part of the file that was written. @return the place */
    long in(Path file, Random random) throws IOException {
        long place = random.nextInt(Math.max(1, written(file)));
        at(file, place, random);
        return place;
    }

    void at(Path file, long place, Random random) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            if (place < open.length()) {
                at(open, place, random);
            }
        }
    }

    private static int written(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    static List<Path> filesUnder(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return new ArrayList<>(all.filter(Files::isRegularFile).sorted().toList());
        }
    }

    static void deleteTree(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    static void copyTree(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(each)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) throws IOException {
                Files.copy(each, to.resolve(from.relativize(each)));
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
