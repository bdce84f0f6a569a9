import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.druid.data.input.InputRow;
import org.apache.druid.data.input.InputRowSchema;
import org.apache.druid.data.input.ColumnsFilter;
import org.apache.druid.data.input.impl.DimensionsSpec;
import org.apache.druid.data.input.impl.MapInputRowParser;
import org.apache.druid.data.input.impl.TimestampSpec;
import org.apache.druid.jackson.AggregatorsModule;
import org.apache.druid.jackson.DefaultObjectMapper;
import org.apache.druid.java.util.common.granularity.Granularity;
import org.apache.druid.math.expr.ExprMacroTable;
import org.apache.druid.query.aggregation.AggregatorFactory;
import org.apache.druid.segment.BaseProgressIndicator;
import org.apache.druid.segment.ColumnValueSelector;
import org.apache.druid.segment.IndexIO;
import org.apache.druid.segment.IndexMergerV9;
import org.apache.druid.segment.IndexSpec;
import org.apache.druid.segment.QueryableIndex;
import org.apache.druid.segment.SimpleAscendingOffset;
import org.apache.druid.segment.column.BaseColumn;
import org.apache.druid.segment.column.ColumnConfig;
import org.apache.druid.segment.incremental.IncrementalIndex;
import org.apache.druid.segment.incremental.IncrementalIndexSchema;
import org.apache.druid.segment.incremental.OnheapIncrementalIndex;
import org.apache.druid.segment.writeout.TmpFileSegmentWriteOutMediumFactory;
import org.joda.time.Interval;

/**
 * Makes a segment of each case the way Druid's streaming tasks do: rows into an incremental index, which is persisted as often as the case says, and the
 * persisted ones merged. Beside the segment it notes the rows that Druid's own reader sees in it, and what Druid said about values it could not use.
 */
public final class RecordSegments
{
  private static final ObjectMapper JSON = new DefaultObjectMapper();

  public static void main(String[] arguments) throws Exception
  {
    AggregatorsModule.registerComplexMetricsAndSerde();
    JSON.setInjectableValues(new InjectableValues.Std()
        .addValue(ExprMacroTable.class.getName(), ExprMacroTable.nil())
        .addValue(ObjectMapper.class.getName(), JSON));
    for (String argument : arguments) {
      record(new File(argument));
    }
  }

  private static void record(File folder) throws Exception
  {
    JsonNode spec = JSON.readTree(new File(folder, "case.json"));
    JsonNode schema = spec.get("dataSchema");
    TimestampSpec timestamp = JSON.convertValue(schema.get("timestampSpec"), TimestampSpec.class);
    DimensionsSpec dimensions = JSON.convertValue(schema.get("dimensionsSpec"), DimensionsSpec.class);
    AggregatorFactory[] metrics = JSON.convertValue(schema.get("metricsSpec"), AggregatorFactory[].class);
    Granularity granularity = JSON.convertValue(schema.get("granularitySpec").get("queryGranularity"), Granularity.class);
    boolean rollup = schema.get("granularitySpec").get("rollup").asBoolean();
    IndexSpec indexSpec = JSON.convertValue(spec.get("indexSpec"), IndexSpec.class);
    Interval interval = Interval.parse(spec.get("interval").asText());
    Path work = Files.createTempDirectory("record");
    IndexIO indexIO = new IndexIO(JSON, ColumnConfig.DEFAULT);
    IndexMergerV9 merger = new IndexMergerV9(JSON, indexIO, TmpFileSegmentWriteOutMediumFactory.instance(), /* storeEmptyColumns, as tasks do */ true);
    List<QueryableIndex> persisted = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    InputRowSchema rowSchema = new InputRowSchema(timestamp, dimensions, ColumnsFilter.all());
    for (List<ObjectNode> events : spills(spec)) {
      IncrementalIndex index = new OnheapIncrementalIndex.Builder()
          .setIndexSchema(new IncrementalIndexSchema.Builder()
              .withMinTimestamp(interval.getStartMillis())
              .withTimestampSpec(timestamp)
              .withQueryGranularity(granularity)
              .withDimensionsSpec(dimensions)
              .withMetrics(metrics)
              .withRollup(rollup)
              .build())
          .setMaxRowCount(10_000_000)
          .build();
      for (ObjectNode event : events) {
        InputRow row = MapInputRowParser.parse(rowSchema, JSON.convertValue(event, Map.class));
        var problem = index.add(row).getParseException();
        if (problem != null) {
          errors.add(problem.getMessage());
        }
      }
      File target = work.resolve("persist" + persisted.size()).toFile();
      persisted.add(indexIO.loadIndex(merger.persist(index, interval, target, indexSpec, null)));
    }

    File merged = merger.mergeQueryableIndex(persisted, rollup, metrics, dimensions, work.resolve("merged").toFile(), indexSpec, indexSpec,
        new BaseProgressIndicator(), null, -1);
    for (File file : merged.listFiles()) {
      Files.copy(file.toPath(), folder.toPath().resolve(file.getName()), StandardCopyOption.REPLACE_EXISTING);
    }
    try (BufferedWriter rows = Files.newBufferedWriter(folder.toPath().resolve("rows.jsonl"), StandardCharsets.UTF_8)) {
      write(indexIO.loadIndex(merged), spec, rows);
    }
    Files.write(folder.toPath().resolve("errors.txt"), errors);
    System.out.println(folder.getName() + ": " + persisted.size() + " persists, " + errors.size() + " errors");
  }

  /** The events of each persist: as the case lists them, or so many of a formula. */
  private static List<List<ObjectNode>> spills(JsonNode spec)
  {
    List<List<ObjectNode>> spills = new ArrayList<>();
    if (spec.has("generated")) {
      int count = spec.get("generated").asInt();
      long start = Interval.parse(spec.get("interval").asText()).getStartMillis();
      List<ObjectNode> events = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        ObjectNode event = JSON.createObjectNode().put("time", start + i * 5L).put("when", start + i * 7919L % 86400000L);
        if (i % 11 != 0) {
          event.put("n", i * 7919L % 10007L);
        }
        events.add(event.put("s", "v" + i % 300));
      }
      spills.add(events);
    } else {
      for (JsonNode spill : spec.get("spills")) {
        List<ObjectNode> events = new ArrayList<>();
        spill.forEach(event -> events.add((ObjectNode) event));
        spills.add(events);
      }
    }
    return spills;
  }

  private static void write(QueryableIndex index, JsonNode spec, BufferedWriter rows) throws Exception
  {
    int count = index.getNumRows();
    List<String> names = new ArrayList<>(List.of("__time"));
    names.addAll(index.getColumnNames());
    SimpleAscendingOffset offset = new SimpleAscendingOffset(count);
    List<ColumnValueSelector<?>> selectors = new ArrayList<>();
    for (String name : names) {
      BaseColumn column = index.getColumnHolder(name).getColumn();
      selectors.add(column.makeColumnValueSelector(offset));
    }
    for (; offset.withinBounds(); offset.increment()) {
      ObjectNode row = JSON.createObjectNode();
      for (int i = 0; i < names.size(); i++) {
        row.set(names.get(i), JSON.valueToTree(selectors.get(i).getObject()));
      }
      rows.write(JSON.writeValueAsString(row));
      rows.write('\n');
      if (spec.has("generated") && offset.getOffset() >= 99) {
        break;
      }
    }
  }
}
