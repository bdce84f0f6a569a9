using System.Text.Json;
using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class InputFormatTests
{
    [Theory]
    [InlineData("""{"type":"bogus"}""", "$.type: [bogus] is not supported: use one of json, csv, tsv, regex, kafka")]
    [InlineData("""{"type":"csv"}""", "$.columns: are missing: list their names, in the order of the values (or set findColumnsFromHeader, where every single event begins with a line that names them)")]
    [InlineData("""{"type":"csv","columns":[],"findColumnsFromHeader":false}""", "$.columns: are missing: list their names, in the order of the values (or set findColumnsFromHeader, where every single event begins with a line that names them)")]
    [InlineData("""{"type":"csv","hasHeaderRow":true,"findColumnsFromHeader":true}""", "$.hasHeaderRow: cannot be given together with findColumnsFromHeader")]
    [InlineData("""{"type":"csv","columns":["a","b,c"]}""", "$.columns: [b,c] has the delimiter in it")]
    [InlineData("""{"type":"csv","columns":["a","b","a"]}""", "$.columns: are named more than once: a")]
    [InlineData("""{"type":"csv","columns":["a",5]}""", "$.columns[1]: is 5: a string is expected")]
    [InlineData("""{"type":"csv","columns":"a"}""", "$.columns: is the string \"a\": an array is expected", "$.columns: are missing: list their names, in the order of the values (or set findColumnsFromHeader, where every single event begins with a line that names them)")]
    [InlineData("""{"type":"csv","columns":["a"],"skipHeaderRows":-1}""", "$.skipHeaderRows: is -1: at least 0 is expected")]
    [InlineData("""{"type":"csv","columns":["a"],"tryParseNumbers":"maybe"}""", "$.tryParseNumbers: is the string \"maybe\": true or false is expected")]
    [InlineData("""{"type":"tsv","columns":["a"],"delimiter":""}""", "$.delimiter: is empty: at least one character is expected")]
    [InlineData("""{"type":"tsv","columns":["a"],"delimiter":"|","listDelimiter":"|"}""", "$.listDelimiter: [|] is the delimiter as well")]
    [InlineData("""{"type":"regex"}""", "$.pattern: is missing: a string is expected")]
    [InlineData("""{"type":"regex","pattern":"a.*"}""", "$.pattern: [a.*] has no group: put what is to become a value between parentheses")]
    [InlineData("""{"type":"regex","pattern":"(a","columns":[]}""", "$.columns: are empty: name the pattern's groups, or leave columns out to have them named column_1 and so on", "$.pattern: [(a] is not a regular expression that can be matched: Invalid pattern '(a' at offset 2. Not enough )'s.")]
    [InlineData("""{"type":"regex","pattern":"([a-z&&[^b]])"}""", "$.pattern: [([a-z&&[^b]])] is not a regular expression that can be matched: an intersection of character classes, at index 5, is not supported")]
    [InlineData("""{"type":"json","useJsonNodeReader":true,"assumeNewlineDelimited":true}""", "$.useJsonNodeReader: cannot be true together with assumeNewlineDelimited")]
    [InlineData("""{"type":"json","featureSpec":{"AUTO_CLOSE_SOURCE":true,"ALLOW_COMMENTS":false,"ALLOW_SINGLE_QUOTES":true}}""", "$.featureSpec.ALLOW_SINGLE_QUOTES: true is not supported: events are read as strict JSON (RFC 8259)")]
    [InlineData("""{"type":"json","flattenSpec":{"fields":[5,{"name":"a"},{"type":"jq","name":"a","expr":".a"},{"type":"odd","name":"a"}]}}""",
        "$.flattenSpec.fields[0]: is neither a name nor an object with type and name", "$.flattenSpec.fields[1].type: is missing: root, path or tree is expected",
        "$.flattenSpec.fields[2].type: [jq] is not supported: use path, which has an expr of JSONPath ($.a.b[0])", "$.flattenSpec.fields[3].type: [odd] is not supported: use one of root, path, tree")]
    [InlineData("""{"type":"json","flattenSpec":{"fields":["a",{"type":"root","name":"a"},{"type":"path","name":"b"},{"type":"tree","name":"c"},{"type":"tree","name":"c","nodes":["x",1]}]}}""",
        "$.flattenSpec.fields[1].name: [a] is given to more than one field", "$.flattenSpec.fields[2].expr: is missing: a string is expected",
        "$.flattenSpec.fields[3].nodes: are missing: names of members, each in the value of the one before, are expected", "$.flattenSpec.fields[4].nodes[1]: is 1: a string is expected")]
    [InlineData("""{"type":"kafka"}""", "$.valueFormat: is missing: an object is expected")]
    [InlineData("""{"type":"kafka","valueFormat":{"type":"kafka","valueFormat":{}},"keyFormat":{"type":"csv"}}""", "$.valueFormat.type: [kafka] cannot stand within a format of type kafka: use json, csv, tsv or regex")]
    [InlineData("""{"type":"kafka","valueFormat":{"type":"json"},"keyFormat":{"type":"regex"},"headerFormat":{"type":"string","encoding":"windows-1252"},"keyColumnName":5}""",
        "$.keyFormat.pattern: is missing: a string is expected",
        "$.headerFormat.encoding: [windows-1252] is not supported: use one of UTF-8, US-ASCII, ISO-8859-1, UTF-16, UTF-16BE, UTF-16LE", "$.keyColumnName: is 5: a string is expected")]
    [InlineData("""{"type":"kafka","valueFormat":{"type":"json"},"headerFormat":{}}""", "$.headerFormat.type: is missing: string is expected")]
    public void What_cannot_be_run_is_refused_by_its_path(string json, params string[] problems) => Assert.Equal(problems, Read(json).Problems.Select(p => p.ToString()));

    [Theory]
    [InlineData("$.a[?(@.b == 1)]", "filters [?(...)] are not supported, at index 5 of $.a[?(@.b == 1)]")]
    [InlineData("$.a.length()", "functions such as length() are not supported, at index 4 of $.a.length()")]
    [InlineData("@.a", "a path begins with $, the event")]
    [InlineData("$a", "a . or [ is expected, at index 1 of $a")]
    [InlineData("$.a b", "a name with a blank is written ['like this'], at index 2 of $.a b")]
    [InlineData("$.a[", "the [ is not closed, at index 4 of $.a[")]
    [InlineData("$.a[1", "a ] is expected, at index 5 of $.a[1")]
    [InlineData("$.a['b", "the name's quote is not closed, at index 6 of $.a['b")]
    [InlineData("$.a[:]", "a slice has a beginning, an end or both: [1:], [:3], [1:3], at index 5 of $.a[:]")]
    [InlineData("$.a[9999999999]", "an index is expected, at index 14 of $.a[9999999999]")]
    [InlineData("$..", "a name, * or [ is expected after .., at index 3 of $..")]
    [InlineData("$..[0].a", "after .. only a single name may be followed by further steps")]
    public void Path_that_cannot_be_followed_is_refused_with_what_is_wrong_where(string path, string problem) =>
        Assert.Equal([$"$.flattenSpec.fields[0].expr: [{path}] is not supported: {problem}"],
            Read(JsonSerializer.Serialize(new { type = "json", flattenSpec = new { fields = new[] { new { type = "path", name = "x", expr = path } } } })).Problems.Select(p => p.ToString()));

    [Fact]
    public void Options_are_read_with_druids_defaults()
    {
        Assert.Equal((true, false, JsonFraming.Whole), Json("""{"type":"json"}"""));
        Assert.Equal((true, true, JsonFraming.Whole), Json("""{"type":"json","flattenSpec":{}}"""));
        Assert.Equal((false, false, JsonFraming.Whole), Json("""{"type":"json","flattenSpec":{"useFieldDiscovery":false}}"""));
        Assert.Equal((true, false, JsonFraming.Values), Json("""{"type":"json","flattenSpec":{},"keepNullColumns":false,"useJsonNodeReader":true}"""));
        Assert.Equal((true, true, JsonFraming.Lines), Json("""{"keepNullColumns":"true","assumeNewlineDelimited":true}"""));
        var csv = Assert.IsType<InputFormat.Delimited>(Read("""{"type":"csv","columns":["a",""]}""").Format);
        Assert.Equal("True , a column_2 False 0 \u0001 False", $"{csv.IsQuoted} {csv.Delimiter} {string.Join(' ', csv.Columns)} {csv.HasHeader} {csv.SkipHeaderRows} {csv.ListDelimiter} {csv.TryParseNumbers}");
        var tsv = Assert.IsType<InputFormat.Delimited>(Read("""{"type":"tsv","hasHeaderRow":true,"skipHeaderRows":2,"listDelimiter":"|","tryParseNumbers":true}""").Format);
        Assert.Equal("False \t  True 2 | True", $"{tsv.IsQuoted} {tsv.Delimiter} {string.Join(' ', tsv.Columns)} {tsv.HasHeader} {tsv.SkipHeaderRows} {tsv.ListDelimiter} {tsv.TryParseNumbers}");

        static (bool, bool, JsonFraming) Json(string text)
        {
            var json = Assert.IsType<InputFormat.Json>(Read(text).Format);
            return (json.UseFieldDiscovery, json.KeepNullColumns, json.Framing);
        }
    }

    private static (InputFormat? Format, List<SpecProblem> Problems) Read(string json)
    {
        List<SpecProblem> problems = [];
        return (InputFormat.Read(new SpecNode(JsonDocument.Parse(json).RootElement, "$", problems), problems), problems);
    }
}
