package org.apache.ratis.util;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.Checksum;
import org.apache.ratis.conf.RaftProperties;
import org.junit.jupiter.api.Test;

/** Ours against the engine's own, taken from its jar. */
class PureJavaCrc32CTest {
    private static final long SEED = 5;

    private static Class<?> engines() throws Exception {
        URL jar = RaftProperties.class.getProtectionDomain().getCodeSource().getLocation();
        assertThat(jar.getPath()).contains("ratis-common");
        // Without a parent but the JDK's: else it would find ours again.
        return new URLClassLoader(new URL[] {jar}, ClassLoader.getPlatformClassLoader())
                .loadClass(PureJavaCrc32C.class.getName());
    }

    private static Set<String> methods(Class<?> type) {
        return Stream.of(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(method ->
                        Modifier.toString(method.getModifiers()) + " " + method.getReturnType() + " " + method.getName()
                                + Stream.of(method.getParameterTypes())
                                        .map(Class::getName)
                                        .toList())
                .collect(Collectors.toSet());
    }

    @Test
    void isWhatTheEngineUsesHere() {
        assertThat(PureJavaCrc32C.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .getPath())
                .doesNotContain("ratis-common");
    }

    @Test
    void hasTheEnginesMethods() throws Exception {
        Class<?> engines = engines();

        assertThat(engines).isNotSameAs(PureJavaCrc32C.class);
        assertThat(methods(PureJavaCrc32C.class)).isEqualTo(methods(engines));
        assertThat(Stream.of(PureJavaCrc32C.class.getConstructors()).map(Constructor::getParameterCount))
                .containsExactlyElementsOf(Stream.of(engines.getConstructors())
                        .map(Constructor::getParameterCount)
                        .toList());
        assertThat(engines.getSuperclass()).isEqualTo(Object.class);
        assertThat(engines.getInterfaces()).containsExactly(Checksum.class);
    }

    @Test
    void givesTheEnginesValues() throws Exception {
        Class<?> engines = engines();
        Checksum theirs = (Checksum) engines.getConstructor().newInstance();
        Method updateBuffer = engines.getMethod("update", ByteBuffer.class);
        Random random = new Random(SEED);
        PureJavaCrc32C ours = new PureJavaCrc32C();
        for (int i = 0; i < 2_000; i++) {
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            int from = random.nextInt(bytes.length + 1);
            int length = random.nextInt(bytes.length - from + 1);
            switch (random.nextInt(4)) {
                case 0 -> {
                    ours.update(bytes, from, length);
                    theirs.update(bytes, from, length);
                }
                case 1 -> {
                    ByteBuffer a = ByteBuffer.allocateDirect(bytes.length)
                            .put(bytes)
                            .position(from)
                            .limit(from + length);
                    ByteBuffer b = ByteBuffer.wrap(bytes, from, length);
                    ours.update(a);
                    updateBuffer.invoke(theirs, b);
                    assertThat(a.position()).isEqualTo(b.position());
                    assertThat(a.limit()).isEqualTo(b.limit());
                    assertThat(a.order()).isEqualTo(b.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
                }
                case 2 -> {
                    ours.update(i);
                    theirs.update(i);
                }
                default -> {
                    ours.reset();
                    theirs.reset();
                }
            }
            assertThat(ours.getValue()).as("step %d, seed %d", i, SEED).isEqualTo(theirs.getValue());
        }
    }
}
