namespace Ingestion.Overlord.ZooKeeper;

/// <summary>An ensemble as its members describe it.</summary>
/// <param name="Members">Those that the connect string names.</param>
public sealed record Ensemble(IReadOnlyList<EnsembleMember> Members)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    public int Serving => Members.Count(m => m.Serves);

    /// <summary>How many must serve: more than half. Observers do not count.</summary>
    public int Majority => MajorityOf(Members.Count(m => m.State != "observer"));

    /// <summary>How many more members may be lost while it still serves; -1: it does not serve.</summary>
    public int MayLose => Serving < Majority ? -1 : Serving - Majority;

    /// <summary>Asks all members at once.</summary>
    public static async Task<Ensemble> LookAsync(ConnectString connect, CancellationToken stop) =>
        new(await Task.WhenAll(connect.Members.Select(m => EnsembleMember.AskAsync(m.Host, m.Port, Timeout, stop))));

    /// <summary>What is unwise about an ensemble of this size; null: nothing.</summary>
    /// <param name="elects">Else it is Druid's alone, whose services find the leader through it.</param>
    public static string? Warning(int members, bool elects = true) => members switch
    {
        1 => $"{Name(elects)} has a single member: when that is lost, {(elects ? "so is leadership" : "Druid's services find no leader any more")}. Rule: a majority of the members must live, so take an odd number: 3 survive the loss of 1, 5 of 2",
        _ when members % 2 == 0 => $"{Name(elects)} has {members} members, an even number: a majority of {MajorityOf(members)} must live, so it survives the loss of {members - MajorityOf(members)}, no more than {members - 1} members would. "
            + $"Rule: take an odd number: {members - 1} as safe, or {members + 1}, which survive the loss of {members + 1 - MajorityOf(members + 1)}",
        _ => null,
    };

    private static string Name(bool elects) => elects ? "ZooKeeper" : "The ZooKeeper of Druid's services";

    private static int MajorityOf(int members) => (members / 2) + 1;
}
