import io.trino.Session;
import io.trino.plugin.memory.MemoryConnectorFactory;
import io.trino.testing.LocalQueryRunner;
import io.trino.testing.MaterializedResult;
import io.trino.testing.TestingSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** Runs each file of SQL in one Trino with tables in memory, and prints the rows: the file's name, then a tab between values. */
public class RunQueries {
    public static void main(String[] files) throws Exception {
        Session session = TestingSession.testSessionBuilder().setCatalog("memory").setSchema("default").build();
        LocalQueryRunner runner = LocalQueryRunner.create(session);
        runner.createCatalog("memory", new MemoryConnectorFactory(), Map.of());
        for (String file : files) {
            MaterializedResult result = runner.execute(Files.readString(Path.of(file)));
            for (var row : result.getMaterializedRows()) {
                String values = row.getFields().stream().map(String::valueOf).collect(Collectors.joining("\t"));
                System.out.println("ROW\t" + Path.of(file).getFileName() + "\t" + values);
            }
        }
        System.exit(0);
    }
}
