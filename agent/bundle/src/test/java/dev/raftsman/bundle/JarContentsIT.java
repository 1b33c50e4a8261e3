package dev.raftsman.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is in the jar that applications take, and what it refers to. */
class JarContentsIT {
    private static final Path JAR = Path.of(System.getProperty("raftsman.bundle"));
    private static final int MOST_BYTES = 2_700_000;
    private static final String LIBRARIES = "dev/raftsman/lib/";

    /** What the libraries try, and do without: native calls, other processors, compilers. */
    private static final List<String> DONE_WITHOUT = List.of(
            "com/sun/jna/",
            "jnr/",
            "org/jetbrains/annotations/",
            "org/apache/commons/cli/",
            "net/openhft/chronicle/analytics/",
            "software/chronicle/",
            "sun/misc/Cleaner"); // of Java 8

    private static final Map<String, byte[]> ENTRIES = new LinkedHashMap<>();

    @BeforeAll
    static void read() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                if (!entry.isDirectory()) {
                    byte[] before = ENTRIES.put(
                            entry.getName(), jar.getInputStream(entry).readAllBytes());
                    assertThat(before).as("twice in the jar: " + entry).isNull();
                }
            }
        }
    }

    @Test
    void onlyOurPackagesAreVisible() {
        assertThat(ENTRIES.keySet().stream().filter(name -> !name.startsWith("dev/raftsman/")))
                .containsOnly(
                        "META-INF/MANIFEST.MF",
                        "META-INF/LICENSE",
                        "META-INF/NOTICE",
                        "META-INF/org/apache/logging/log4j/core/config/plugins/Log4j2Plugins.dat",
                        "META-INF/services/dev.raftsman.lib.openhft.chronicle.core.cleaner.spi.ByteBufferCleanerService");
        assertThat(ENTRIES.keySet())
                .noneMatch(name -> name.endsWith("module-info.class"))
                .noneMatch(name -> name.startsWith("dev/raftsman/lib/")
                        && !name.matches("dev/raftsman/lib/(disruptor|openhft|slf4j)/.*"))
                .allMatch(name ->
                        name.startsWith("META-INF/") || name.endsWith(".class") || name.endsWith(".properties"));
    }

    @Test
    void isSmall() throws IOException {
        assertThat(Files.size(JAR)).isLessThan(MOST_BYTES);
    }

    @Test
    void everyReferenceIsMet() throws IOException {
        TreeSet<String> missing = new TreeSet<>();
        for (Map.Entry<String, byte[]> entry : ENTRIES.entrySet()) {
            String name = entry.getKey();
            if (name.endsWith(".class")) {
                for (String reference : References.of(entry.getValue()).classes()) {
                    if (!isMet(name, reference)) {
                        missing.add(name + " -> " + reference);
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** The doors for the frameworks use the application's; the libraries do without some of what they name. */
    private static boolean isMet(String from, String reference) {
        if (ENTRIES.containsKey(reference + ".class") || isOfTheJdk(reference)) {
            return true;
        }
        if (from.startsWith("dev/raftsman/appender/logback/")) {
            return reference.startsWith("ch/qos/logback/") || reference.startsWith("org/slf4j/");
        }
        if (from.startsWith("dev/raftsman/appender/metrics/")) {
            return reference.startsWith("io/micrometer/");
        }
        if (from.startsWith("dev/raftsman/appender/log4j2/")) {
            return reference.startsWith("org/apache/logging/log4j/");
        }
        return from.startsWith(LIBRARIES) && DONE_WITHOUT.stream().anyMatch(reference::startsWith);
    }

    private static boolean isOfTheJdk(String reference) {
        try {
            Class.forName(reference.replace('/', '.'), false, ClassLoader.getPlatformClassLoader());
            return true;
        } catch (ClassNotFoundException notThere) {
            return false;
        }
    }

    @Test
    void everyCallOfALoggerInTheLibrariesIsMet() throws IOException {
        Map<String, List<String>> standIns = new LinkedHashMap<>();
        List<String> calls = new ArrayList<>();
        for (Map.Entry<String, byte[]> entry : ENTRIES.entrySet()) {
            if (entry.getKey().endsWith(".class")) {
                for (String method : References.of(entry.getValue()).methods()) {
                    if (method.startsWith("dev/raftsman/lib/slf4j/")
                            && !entry.getKey().startsWith("dev/raftsman/lib/slf4j/")) {
                        calls.add(method);
                    }
                }
            }
        }
        assertThat(calls).isNotEmpty();
        for (String call : calls) {
            String owner = call.substring(0, call.indexOf('.'));
            assertThat(standIns.computeIfAbsent(owner, JarContentsIT::methodsOf))
                    .contains(call);
        }
    }

    /** Of one of the stand-ins, which are on this test's class path too. */
    private static List<String> methodsOf(String name) {
        try {
            return Arrays.stream(Class.forName(name.replace('/', '.')).getDeclaredMethods())
                    .map(method -> name + "." + method.getName()
                            + MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                                    .toMethodDescriptorString())
                    .collect(Collectors.toList());
        } catch (ClassNotFoundException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    @Test
    void theTextsOfTheLicencesAreInside() {
        assertThat(text("META-INF/LICENSE")).contains("Apache License").contains("Version 2.0, January 2004");
        assertThat(text("META-INF/NOTICE"))
                .contains("LMAX Disruptor 4.")
                .contains("Chronicle Queue 20")
                .contains("were changed")
                .doesNotContain("${");
    }

    @Test
    void whatWeSwitchOffIsNotTheApplicationsOwn() {
        // In a constant pool, a text stands behind its length.
        assertThat(text("dev/raftsman/wal/ModuleDoors.class"))
                .contains("raftsman.chronicle.disk.monitor.disable")
                .doesNotContain("\0\036chronicle.disk.monitor.disable");
        assertThat(text("dev/raftsman/lib/openhft/chronicle/core/Jvm.class")).contains("raftsman.system.properties");
    }

    @Test
    void nothingComesAlong() throws IOException {
        String pom = Files.readString(Path.of(System.getProperty("raftsman.bundle.pom")));
        int build = pom.indexOf("<dependencies>");
        String[] dependencies = pom.substring(build).split("<dependency>");
        for (int i = 1; i < dependencies.length; i++) {
            assertThat(dependencies[i]).contains("<scope>test</scope>");
        }
    }

    private static String text(String entry) {
        return new String(ENTRIES.get(entry), StandardCharsets.ISO_8859_1);
    }
}
