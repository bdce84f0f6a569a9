import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.druid.data.input.InputRow;
import org.apache.druid.data.input.MapBasedInputRow;
import org.apache.druid.jackson.DefaultObjectMapper;
import org.apache.druid.math.expr.ExprMacroTable;
import org.apache.druid.query.filter.DimFilter;
import org.apache.druid.segment.transform.ExpressionTransform;
import org.apache.druid.segment.transform.TransformSpec;
import org.apache.druid.segment.transform.Transformer;

/** See README.md. */
public class RecordExpressions
{
  private static final ObjectMapper JSON = new DefaultObjectMapper();

  public static void main(String[] args) throws Exception
  {
    for (String name : new String[]{"org.apache.druid.common.config.NullHandling", "org.apache.druid.math.expr.ExpressionProcessing"}) {
      try {
        Method method = Class.forName(name).getMethod("initializeForTests");
        method.invoke(null);
      }
      catch (ReflectiveOperationException e) {
        System.err.println(name + " needs no initialisation");
      }
    }
    ExprMacroTable macros = macros();
    ((ObjectMapper) JSON).setInjectableValues(new InjectableValues.Std().addValue(ExprMacroTable.class, macros).addValue(ObjectMapper.class, JSON));
    Path from = Path.of(args[0]);
    Path to = Path.of(args[1]);
    List<InputRow> rows = new ArrayList<>();
    for (String line : Files.readAllLines(from.resolve("rows.jsonl"))) {
      Map<String, Object> fields = (Map<String, Object>) asFormatsGiveIt(JSON.readValue(line, LinkedHashMap.class));
      rows.add(new MapBasedInputRow(((Number) fields.get("t")).longValue(), new ArrayList<>(fields.keySet()), fields));
    }

    List<String> answers = new ArrayList<>();
    for (String line : lines(from.resolve("expressions.txt"))) {
      answers.add(line + "\t" + value(line, macros, rows.get(0)));
    }
    Files.write(to.resolve("expressions.tsv"), answers);

    answers.clear();
    for (String line : lines(from.resolve("filters.txt"))) {
      answers.add(line + "\t" + matches(line, rows));
    }
    Files.write(to.resolve("filters.tsv"), answers);
    Files.copy(from.resolve("rows.jsonl"), to.resolve("rows.jsonl"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    System.exit(0);
  }

  private static List<String> lines(Path path) throws Exception
  {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(path)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        lines.add(line);
      }
    }
    return lines;
  }

  private static String value(String expression, ExprMacroTable macros, InputRow row) throws Exception
  {
    Object value;
    try {
      value = new ExpressionTransform("v", expression, macros).getRowFunction().eval(row);
    }
    catch (Throwable e) {
      if (System.getenv("VERBOSE") != null) {
        System.err.println(expression + " -> " + e + (e.getCause() == null ? "" : " <- " + e.getCause()));
      }
      return "error";
    }
    return text(value);
  }

  private static String text(Object value) throws Exception
  {
    if (value == null) {
      return "null";
    }
    if (value instanceof Object[]) {
      value = Arrays.asList((Object[]) value);
    }
    if (value instanceof List) {
      List<String> parts = new ArrayList<>();
      for (Object element : (List) value) {
        parts.add(text(element));
      }
      return "[" + String.join(", ", parts) + "]";
    }
    if (value instanceof String) {
      return JSON.writeValueAsString(value);
    }
    return value.getClass().getSimpleName() + ":" + value;
  }

  private static String matches(String filter, List<InputRow> rows)
  {
    StringBuilder answer = new StringBuilder();
    for (InputRow row : rows) {
      try {
        Transformer transformer = new TransformSpec(JSON.readValue(filter, DimFilter.class), List.of()).toTransformer();
        answer.append(transformer.transform(row) == null ? 'n' : 'y');
      }
      catch (Throwable e) {
        if (System.getenv("VERBOSE") != null) {
          System.err.println(filter + " -> " + e);
        }
        answer.append('e');
      }
    }
    return answer.toString();
  }

  private static ExprMacroTable macros() throws Exception
  {
    List<ExprMacroTable.ExprMacro> macros = new ArrayList<>();
    for (Class<?> type : (List<Class<?>>) (List) org.apache.druid.guice.ExpressionModule.EXPR_MACROS) {
      try {
        macros.add((ExprMacroTable.ExprMacro) type.getConstructor().newInstance());
      }
      catch (ReflectiveOperationException e) {
        System.err.println("without " + type);
      }
    }
    return new ExprMacroTable(macros);
  }

  private static Object asFormatsGiveIt(Object value)
  {
    if (value instanceof Integer) {
      return ((Integer) value).longValue();
    }
    if (value instanceof List) {
      List<Object> list = new ArrayList<>();
      for (Object element : (List) value) {
        list.add(asFormatsGiveIt(element));
      }
      return list;
    }
    if (value instanceof Map) {
      Map<String, Object> map = new LinkedHashMap<>();
      ((Map<String, Object>) value).forEach((k, v) -> map.put(k, asFormatsGiveIt(v)));
      return map;
    }
    return value;
  }
}
