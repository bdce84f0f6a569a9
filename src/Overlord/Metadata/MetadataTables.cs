using System.Text.RegularExpressions;

namespace Ingestion.Overlord.Metadata;

/// <summary>Names of Druid's tables, settable like <c>druid.metadata.storage.tables.*</c>: a base that prefixes them all, and each by itself.
/// They stand unquoted in SQL, as Druid has them, so case does not matter and a schema may come before.</summary>
public sealed partial record MetadataTables
{
    public const string DefaultBase = "druid";

    /// <summary>All names from the base: <c>druid_segments</c>.</summary>
    public MetadataTables(string baseName = DefaultBase)
    {
        DataSource = baseName + "_dataSource";
        PendingSegments = baseName + "_pendingSegments";
        Segments = baseName + "_segments";
        UpgradeSegments = baseName + "_upgradeSegments";
        Rules = baseName + "_rules";
        Config = baseName + "_config";
        Tasks = baseName + "_tasks";
        TaskLock = baseName + "_tasklocks";
        Supervisors = baseName + "_supervisors";
        Audit = baseName + "_audit";
    }

    public string DataSource { get; init; }
    public string PendingSegments { get; init; }
    public string Segments { get; init; }
    public string UpgradeSegments { get; init; }
    public string Rules { get; init; }
    public string Config { get; init; }
    public string Tasks { get; init; }
    public string TaskLock { get; init; }
    public string Supervisors { get; init; }
    public string Audit { get; init; }

    /// <summary>The settings below <c>druid.metadata.storage.tables.</c>: <c>base</c>, <c>segments</c>, <c>taskLock</c> and so on; others are ignored.</summary>
    /// <exception cref="FormatException">A value is not an SQL name.</exception>
    public static MetadataTables FromSettings(IReadOnlyDictionary<string, string> settings)
    {
        var names = new MetadataTables(settings.GetValueOrDefault("base", DefaultBase));
        var tables = names with
        {
            DataSource = settings.GetValueOrDefault("dataSource", names.DataSource),
            PendingSegments = settings.GetValueOrDefault("pendingSegments", names.PendingSegments),
            Segments = settings.GetValueOrDefault("segments", names.Segments),
            UpgradeSegments = settings.GetValueOrDefault("upgradeSegments", names.UpgradeSegments),
            Rules = settings.GetValueOrDefault("rules", names.Rules),
            Config = settings.GetValueOrDefault("config", names.Config),
            Tasks = settings.GetValueOrDefault("tasks", names.Tasks),
            TaskLock = settings.GetValueOrDefault("taskLock", names.TaskLock),
            Supervisors = settings.GetValueOrDefault("supervisors", names.Supervisors),
            Audit = settings.GetValueOrDefault("audit", names.Audit),
        };
        foreach (var (key, name) in tables.Named())
            if (!SqlName().IsMatch(name)) throw new FormatException($"[{name}] is not a table name that can be used for druid.metadata.storage.tables.{key}");
        return tables;
    }

    /// <summary>Puts the names in for the placeholders <c>${segments}</c>, <c>${taskLock}</c> and so on.</summary>
    internal string Fill(string sql) => Named().Aggregate(sql, (text, table) => text.Replace("${" + table.Key + "}", table.Name, StringComparison.Ordinal));

    private (string Key, string Name)[] Named() =>
    [
        ("dataSource", DataSource), ("pendingSegments", PendingSegments), ("segments", Segments), ("upgradeSegments", UpgradeSegments), ("rules", Rules), ("config", Config),
        ("tasks", Tasks), ("taskLock", TaskLock), ("supervisors", Supervisors), ("audit", Audit),
    ];

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex SqlName();
}
