using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Ingestion.Contracts.Specs;

/// <summary>How an event's bytes become fields: Druid's <c>inputFormat</c>.</summary>
public abstract record InputFormat
{
    private InputFormat() { }

    /// <summary>What a supervisor of Druid's assumes where a task names none.</summary>
    public static InputFormat Plain { get; } = new Json();

    /// <summary>Reads an inputFormat of a task or spec.</summary>
    /// <returns>Null, with at least one problem, when it cannot be run.</returns>
    public static InputFormat? Read(SpecNode node, List<SpecProblem> problems) => InputFormatReader.Read(node, problems);

    public sealed record Json : InputFormat
    {
        public const string Type = "json";

        /// <summary>Fields that are not simply members of the event's object; no two of one name.</summary>
        public ImmutableArray<FlattenField> Fields { get; init; } = [];

        /// <summary>Members with a scalar, or a list of these, count among the event's fields when dimensions are discovered.</summary>
        public bool UseFieldDiscovery { get; init; } = true;

        /// <summary>So do members that are null.</summary>
        public bool KeepNullColumns { get; init; }
        public JsonFraming Framing { get; init; } = JsonFraming.Whole;
    }

    /// <summary>Lines of values with a delimiter between them.</summary>
    /// <param name="IsQuoted">Values may stand between quotes (RFC 4180): <c>csv</c>, else <c>tsv</c>.</param>
    public sealed record Delimited(bool IsQuoted, string Delimiter) : InputFormat
    {
        public const string Csv = "csv";
        public const string Tsv = "tsv";

        /// <summary>Empty: the header names them.</summary>
        public ImmutableArray<string> Columns { get; init; } = [];

        /// <summary>The first line of each event, after those that are skipped, names the columns.</summary>
        public bool HasHeader { get; init; }

        /// <summary>Lines of each event.</summary>
        public int SkipHeaderRows { get; init; }
        public string ListDelimiter { get; init; } = DefaultListDelimiter;

        /// <summary>Values that look like numbers are numbers.</summary>
        public bool TryParseNumbers { get; init; }

        /// <summary>What a column without a name is called: by its place, from 1.</summary>
        public static string DefaultName(int index) => $"column_{index + 1}";
    }

    /// <summary>Lines that match a regular expression as a whole; its groups are the values.</summary>
    /// <param name="Pattern">As in the spec, for messages.</param>
    /// <param name="Columns">Names of the groups; null: <c>column_1</c> and so on.</param>
    public sealed record Matched(string Pattern, Regex Regex, ImmutableArray<string>? Columns) : InputFormat
    {
        public const string Type = "regex";
        public string ListDelimiter { get; init; } = DefaultListDelimiter;
    }

    /// <summary>A record of Kafka with more of it than the value: its fields are those of <paramref name="Value"/>, and where these have none of a name, or null, those of the record.</summary>
    public sealed record Kafka(InputFormat Value) : InputFormat
    {
        public const string Type = "kafka";

        /// <summary>Reads the record's key, of which the first field of the first row counts; null: keys are not read.</summary>
        public InputFormat? Key { get; init; }

        /// <summary>Of the headers' values; null: headers are not read.</summary>
        public Encoding? Headers { get; init; }
        public string HeaderPrefix { get; init; } = "kafka.header.";
        public string KeyColumn { get; init; } = "kafka.key";
        public string TimestampColumn { get; init; } = "kafka.timestamp";
        public string TopicColumn { get; init; } = "kafka.topic";
    }

    /// <summary>Control-A.</summary>
    public const string DefaultListDelimiter = "\u0001";
}
