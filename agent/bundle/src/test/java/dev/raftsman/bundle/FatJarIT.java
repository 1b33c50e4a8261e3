package dev.raftsman.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.bundle.Application.Run;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.logging.log4j.core.config.plugins.processor.PluginCache;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Applications in one file, jars within the jar or all classes together. */
class FatJarIT {
    private static final int EVENTS = 500;
    private static final String PLUGINS = "META-INF/org/apache/logging/log4j/core/config/plugins/Log4j2Plugins.dat";

    @TempDir
    Path root;

    /** The LogManager of java.util.logging looks for handlers in the system class loader only, which has no nested jars. */
    @ParameterizedTest(name = "{0}, Java {1}")
    @CsvSource({"LOGBACK, 17", "LOGBACK, 25", "LOG4J2, 17"})
    void runsFromNestedJars(Framework framework, int release) throws IOException {
        Jdk jdk = Jdk.of(release);
        Application application = framework.loggingApplication(root, false);
        Path fat = root.resolve("fat.jar");
        try (JarOutputStream out = jar(fat, "org.springframework.boot.loader.launch.JarLauncher", framework.main())) {
            for (Path loader : Application.jarsOf("boot")) {
                for (Map.Entry<String, byte[]> entry : entriesOf(loader).entrySet()) {
                    if (entry.getKey().endsWith(".class") || entry.getKey().contains("services/")) {
                        put(out, entry.getKey(), entry.getValue());
                    }
                }
            }
            out.putNextEntry(new JarEntry("BOOT-INF/classes/")); // looked for
            for (Map.Entry<String, byte[]> entry : entriesOf(application.app()).entrySet()) {
                put(out, "BOOT-INF/classes/" + entry.getKey(), entry.getValue());
            }
            for (Path library : libraries(application)) {
                put(out, "BOOT-INF/lib/" + library.getFileName(), Files.readAllBytes(library));
            }
        }
        check(application, jdk, fat);
    }

    @ParameterizedTest(name = "{0}, Java {1}")
    @CsvSource({"LOGBACK, 17", "LOG4J2, 25", "JUL, 17"})
    void runsWithAllClassesInOneJar(Framework framework, int release) throws IOException {
        Jdk jdk = Jdk.of(release);
        Application application = framework.loggingApplication(root, false);
        Map<String, byte[]> all = new LinkedHashMap<>();
        List<URL> plugins = new ArrayList<>();
        for (Path part : application.classPath()) {
            for (Map.Entry<String, byte[]> entry : entriesOf(part).entrySet()) {
                if (entry.getKey().startsWith("META-INF/services/")) {
                    all.merge(entry.getKey(), entry.getValue(), FatJarIT::joined);
                } else {
                    all.putIfAbsent(entry.getKey(), entry.getValue());
                }
                if (entry.getKey().equals(PLUGINS)) {
                    // What Log4j2 asks everybody to do who puts its jar together with another that has plugins.
                    plugins.add(
                            URI.create("jar:" + part.toUri() + "!/" + PLUGINS).toURL());
                }
            }
        }
        ByteArrayOutputStream merged = new ByteArrayOutputStream();
        PluginCache cache = new PluginCache();
        cache.loadCacheFiles(Collections.enumeration(plugins));
        cache.writeCache(merged);
        all.replace(PLUGINS, merged.toByteArray());
        Path fat = root.resolve("fat.jar");
        try (JarOutputStream out = jar(fat, framework.main(), framework.main())) {
            for (Map.Entry<String, byte[]> entry : all.entrySet()) {
                put(out, entry.getKey(), entry.getValue());
            }
        }
        check(application, jdk, fat);
    }

    private static byte[] joined(byte[] one, byte[] other) {
        return (new String(one, UTF_8) + "\n" + new String(other, UTF_8)).getBytes(UTF_8);
    }

    private static void check(Application application, Jdk jdk, Path fat) {
        Run run = application.run(List.of(
                jdk.java().toString(),
                "-jar",
                fat.toString(),
                "" + EVENTS,
                application.report().toString(),
                Application.WRITING));
        assertThat(run.exitCode()).as(run.error()).isZero();
        assertThat(run.output()).isEqualTo("open\n");
        assertThat(run.error()).isEqualTo("closed\n");
        assertThat(application.stored()).isEqualTo(EVENTS);
    }

    private static List<Path> libraries(Application application) {
        return application.classPath().stream()
                .filter(part -> part.toString().endsWith(".jar"))
                .toList();
    }

    /** Files of a directory or a jar, without manifests, signatures and what describes modules. */
    private static Map<String, byte[]> entriesOf(Path part) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        if (Files.isDirectory(part)) {
            try (Stream<Path> files = Files.walk(part)) {
                for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                    entries.put(part.relativize(file).toString(), Files.readAllBytes(file));
                }
            }
            return entries;
        }
        try (JarFile jar = new JarFile(part.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                if (!entry.isDirectory() && !entry.getName().matches("META-INF/MANIFEST.MF|.*module-info.class")) {
                    entries.put(entry.getName(), jar.getInputStream(entry).readAllBytes());
                }
            }
        }
        return entries;
    }

    private static JarOutputStream jar(Path file, String main, String start) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main);
        manifest.getMainAttributes().put(new Attributes.Name("Start-Class"), start);
        manifest.getMainAttributes().put(new Attributes.Name("Multi-Release"), "true");
        OutputStream out = Files.newOutputStream(file);
        return new JarOutputStream(out, manifest);
    }

    /** Nested jars are stored, not compressed: their own contents are read in place. */
    private static void put(JarOutputStream out, String name, byte[] bytes) throws IOException {
        JarEntry entry = new JarEntry(name);
        if (name.endsWith(".jar")) {
            CRC32 crc = new CRC32();
            crc.update(bytes);
            entry.setMethod(JarEntry.STORED);
            entry.setSize(bytes.length);
            entry.setCrc(crc.getValue());
        }
        out.putNextEntry(entry);
        out.write(bytes);
        out.closeEntry();
    }
}
