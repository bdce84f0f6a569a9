namespace Ingestion.Access.Users;

/// <summary>What somebody may do with a dataSource. As in Druid the one does not include the other.</summary>
public enum Right
{
    Read,
    Write,
}

/// <summary>Who may call, and what for.</summary>
public sealed record User
{
    /// <summary>Every caller, where nobody is asked who they are.</summary>
    public static readonly User Anyone = new() { Name = "", Read = DataSourcePatterns.All, Write = DataSourcePatterns.All, IsInternal = true };

    /// <summary>Who has not said who they are.</summary>
    public static readonly User Nobody = new() { Name = "" };

    public required string Name { get; init; }
    public DataSourcePatterns Read { get; init; } = DataSourcePatterns.None;
    public DataSourcePatterns Write { get; init; } = DataSourcePatterns.None;

    /// <summary>Overlords and workers among themselves: task actions, chat with tasks, announcements.</summary>
    public bool IsInternal { get; init; }

    internal SecretHash? Password { get; init; }
    internal IReadOnlyList<SecretHash> Tokens { get; init; } = [];

    public bool May(Right right, string dataSource) => Of(right).Match(dataSource);

    /// <summary>With all dataSources, and with what concerns none in particular.</summary>
    public bool MayEverywhere(Right right) => Of(right).IsAll;

    private DataSourcePatterns Of(Right right) => right == Right.Read ? Read : Write;
}
