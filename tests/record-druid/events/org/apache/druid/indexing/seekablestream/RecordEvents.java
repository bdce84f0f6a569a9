package org.apache.druid.indexing.seekablestream; // StreamChunkParser, the way of a record in Druid's tasks, is visible to this package alone

import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.druid.data.input.InputFormat;
import org.apache.druid.data.input.InputRow;
import org.apache.druid.data.input.impl.DimensionsSpec;
import org.apache.druid.data.input.impl.TimestampSpec;
import org.apache.druid.data.input.kafka.KafkaRecordEntity;
import org.apache.druid.guice.BuiltInTypesModule;
import org.apache.druid.indexer.granularity.UniformGranularitySpec;
import org.apache.druid.indexing.input.InputRowSchemas;
import org.apache.druid.indexing.kafka.KafkaIndexTaskModule;
import org.apache.druid.jackson.DefaultObjectMapper;
import org.apache.druid.java.util.common.granularity.Granularities;
import org.apache.druid.java.util.common.parsers.ParseException;
import org.apache.druid.math.expr.ExprMacroTable;
import org.apache.druid.math.expr.ExpressionProcessing;
import org.apache.druid.query.aggregation.AggregatorFactory;
import org.apache.druid.segment.BaseProgressIndicator;
import org.apache.druid.segment.Cursor;
import org.apache.druid.segment.CursorBuildSpec;
import org.apache.druid.segment.IndexIO;
import org.apache.druid.segment.IndexMergerV9;
import org.apache.druid.segment.IndexSpec;
import org.apache.druid.segment.QueryableIndex;
import org.apache.druid.segment.QueryableIndexCursorFactory;
import org.apache.druid.segment.column.ColumnConfig;
import org.apache.druid.segment.incremental.IncrementalIndex;
import org.apache.druid.segment.incremental.IncrementalIndexSchema;
import org.apache.druid.segment.incremental.OnheapIncrementalIndex;
import org.apache.druid.segment.incremental.ParseExceptionHandler;
import org.apache.druid.segment.incremental.ParseExceptionReport;
import org.apache.druid.segment.incremental.SimpleRowIngestionMeters;
import org.apache.druid.segment.indexing.DataSchema;
import org.apache.druid.segment.nested.StructuredData;
import org.apache.druid.segment.transform.TransformSpec;
import org.apache.druid.segment.writeout.OnHeapMemorySegmentWriteOutMediumFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** Writes what Druid makes of the events of each case into the case, as its member {@code druid}: see the README beside. */
public class RecordEvents
{
  private static final DefaultObjectMapper JSON = new DefaultObjectMapper();

  public static void main(String[] args) throws Exception
  {
    ExpressionProcessing.initializeForTests();
    BuiltInTypesModule.registerHandlersAndSerde();
    JSON.registerModules(BuiltInTypesModule.getJacksonModulesList());
    JSON.registerModules(new KafkaIndexTaskModule().getJacksonModules());
    JSON.setInjectableValues(new InjectableValues.Std().addValue(ExprMacroTable.class, ExprMacroTable.nil()).addValue(ObjectMapper.class, JSON));
    Path cases = Path.of(args[0]);
    PrintStream messages = System.out;
    System.setOut(System.err); // Druid's log
    List<String> recorded = new ArrayList<>();
    for (String line : Files.readAllLines(cases)) {
      ObjectNode test = (ObjectNode) JSON.readTree(line);
      test.remove("druid");
      try {
        test.set("druid", answer(test));
      }
      catch (Throwable refusal) {
        Throwable cause = refusal;
        while (cause.getCause() != null) cause = cause.getCause();
        test.putObject("druid").put("refused", cause.getClass().getSimpleName() + ": " + String.valueOf(cause.getMessage()).split("\n")[0]);
      }
      recorded.add(JSON.writeValueAsString(test));
    }
    Files.write(cases, recorded);
    messages.println(recorded.size() + " cases recorded");
    System.exit(0);
  }

  private static ObjectNode answer(ObjectNode test) throws Exception
  {
    InputFormat format = JSON.treeToValue(test.get("format"), InputFormat.class);
    DimensionsSpec dimensions = test.has("dimensions") ? JSON.treeToValue(test.get("dimensions"), DimensionsSpec.class) : DimensionsSpec.EMPTY;
    TimestampSpec time = test.has("timestamp") ? JSON.treeToValue(test.get("timestamp"), TimestampSpec.class) : new TimestampSpec("time", "auto", null);
    AggregatorFactory[] metrics = test.has("metrics") ? JSON.treeToValue(test.get("metrics"), AggregatorFactory[].class) : new AggregatorFactory[0];
    boolean rollup = test.path("rollup").asBoolean(false);
    DataSchema schema = DataSchema.builder().withDataSource("test").withTimestamp(time).withDimensions(dimensions).withAggregators(metrics)
        .withGranularity(new UniformGranularitySpec(Granularities.ALL, Granularities.NONE, rollup, null)).withObjectMapper(JSON).build();
    SimpleRowIngestionMeters meters = new SimpleRowIngestionMeters();
    ParseExceptionHandler handler = new ParseExceptionHandler(meters, false, Integer.MAX_VALUE, 10_000);
    StreamChunkParser<KafkaRecordEntity> parser = new StreamChunkParser<>(
        null, format, InputRowSchemas.fromDataSchema(schema), TransformSpec.NONE, new File("/tmp"), row -> row != null, meters, handler);
    IncrementalIndex index = new OnheapIncrementalIndex.Builder()
        .setIndexSchema(IncrementalIndexSchema.builder().withTimestampSpec(schema.getTimestampSpec()).withQueryGranularity(Granularities.NONE)
            .withDimensionsSpec(schema.getDimensionsSpec()).withMetrics(schema.getAggregators()).withRollup(rollup).withMinTimestamp(Long.MIN_VALUE).build())
        .setMaxRowCount(100_000).build();
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode rows = answer.putArray("rows");
    ArrayNode converted = JSON.createArrayNode();
    for (JsonNode record : test.get("records")) {
      ConsumerRecord<byte[], byte[]> kafka = record(record);
      for (InputRow row : parser.parse(kafka.value() == null ? null : List.of(new KafkaRecordEntity(kafka)), false)) {
        StringBuilder text = new StringBuilder().append(row.getTimestampFromEpoch());
        for (String dimension : row.getDimensions()) text.append(" | ").append(dimension).append('=').append(typed(row.getRaw(dimension)));
        rows.add(text.toString());
        ParseException problem = index.add(row).getParseException();
        if (problem != null) converted.add(problem.getMessage());
      }
    }
    ArrayNode unparseable = JSON.createArrayNode();
    for (ParseExceptionReport report : Optional.ofNullable(org.apache.druid.indexing.common.task.IndexTaskUtils.getReportListFromSavedParseExceptions(handler.getSavedParseExceptionReports())).orElse(Collections.emptyList()))
      unparseable.insert(0, String.join("; ", report.getDetails()) + " <- " + report.getInput());
    if (!unparseable.isEmpty()) answer.set("unparseable", unparseable);
    if (!converted.isEmpty()) answer.set("withErrors", converted);
    if (meters.getThrownAway() > 0) answer.put("thrownAway", meters.getThrownAway());
    if (!index.isEmpty()) segment(index, answer.putObject("segment"));
    return answer;
  }

  private static void segment(IncrementalIndex index, ObjectNode segment) throws Exception
  {
    File folder = Files.createTempDirectory("events").toFile();
    IndexIO io = new IndexIO(JSON, ColumnConfig.DEFAULT);
    new IndexMergerV9(JSON, io, OnHeapMemorySegmentWriteOutMediumFactory.instance(), true)
        .persist(index, index.getInterval(), folder, IndexSpec.DEFAULT, new BaseProgressIndicator(), null);
    try (QueryableIndex read = io.loadIndex(folder)) {
      ArrayNode columns = segment.putArray("columns"), rows = segment.putArray("rows");
      for (String column : read.getColumnNames()) columns.add(column + ":" + read.getColumnCapabilities(column).asTypeString());
      try (var holder = new QueryableIndexCursorFactory(read).makeCursorHolder(CursorBuildSpec.FULL_SCAN)) {
        Cursor cursor = holder.asCursor();
        var selectors = read.getColumnNames().stream().map(c -> cursor.getColumnSelectorFactory().makeColumnValueSelector(c)).toList();
        for (; !cursor.isDone(); cursor.advance()) {
          List<String> values = new ArrayList<>();
          for (int i = 0; i < selectors.size(); i++) values.add(read.getColumnNames().get(i) + "=" + typed(selectors.get(i).getObject()));
          rows.add(String.join(" | ", values));
        }
      }
    }
  }

  private static ConsumerRecord<byte[], byte[]> record(JsonNode record)
  {
    RecordHeaders headers = new RecordHeaders();
    for (JsonNode header : record.path("headers")) headers.add(header.get(0).asText(), bytes(header.get(1)));
    JsonNode value = record.isTextual() ? record : record.get("value");
    return new ConsumerRecord<>(record.path("topic").asText("events"), 0, 0L, record.path("time").asLong(-1), TimestampType.CREATE_TIME, -1, -1,
        bytes(record.get("key")), bytes(value), headers, Optional.empty());
  }

  private static byte[] bytes(JsonNode text)
  {
    if (text == null || text.isNull()) return null;
    return text.asText().startsWith("hex:") ? HexFormat.of().parseHex(text.asText().substring(4)) : text.asText().getBytes(StandardCharsets.UTF_8);
  }

  private static String typed(Object value)
  {
    Object plain = StructuredData.unwrap(value);
    if (plain == null) return "null";
    if (plain instanceof Object[] array) return "Array:" + List.of(array).stream().map(RecordEvents::typed).toList();
    String type = plain instanceof Map ? "Map" : plain instanceof List ? "List" : plain.getClass().getSimpleName();
    return type + ":" + plain;
  }
}
