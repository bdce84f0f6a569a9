using System.Globalization;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.ZooKeeper;

namespace Ingestion.Overlord.Hosting;

/// <summary>Who elects the leader, and who is told of it, as the command line has it.</summary>
internal sealed record CoordinationOptions
{
    public const string Usage = """
          --coordination postgresql | zookeeper   who elects the leader; the metadata database by default. Transactions are fenced by the database either way
          --zookeeper HOST:PORT,HOST:PORT[/BASE]  the ensemble that elects, and the base path, /druid by default; needs the C client (libzookeeper-mt2)
          --druid-zookeeper HOST:PORT,...[/BASE]  the ensemble of a Druid whose Router, Coordinator and Brokers are to find the leader, whoever elects it
          --zookeeper-session-timeout SECONDS     after which a leader that ZooKeeper does not hear of is replaced; 10 by default, of both ensembles
          --lease SECONDS                         after which a leader that has hung is replaced (one that died is at once); 5 by default
          --renew-every SECONDS                   how often the leader renews its lease; a quarter of it by default, at most a third
          --take-over                             start although an overlord of Druid wrote to the metadata database last: it must have been stopped
        """;

    /// <summary>That elects; null: PostgreSQL does.</summary>
    public ConnectString? ZooKeeper { get; init; }

    /// <summary>Of Druid's services; null: they are not told.</summary>
    public ConnectString? DruidZooKeeper { get; init; }
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where no overlord of somebody else's may stand, each place once: what elects first.</summary>
    public IEnumerable<ConnectString> Latches
    {
        get
        {
            if (ZooKeeper is not null) yield return ZooKeeper;
            if (DruidZooKeeper is not null && ZooKeeper?.IsSamePlace(DruidZooKeeper) != true) yield return DruidZooKeeper;
        }
    }

    /// <summary>What is unwise about the ensembles' sizes; the one of Druid's services where it is another one than elects.</summary>
    public IEnumerable<string> EnsembleWarnings
    {
        get
        {
            if (ZooKeeper is not null && Ensemble.Warning(ZooKeeper.Members.Count) is { } electing) yield return electing;
            if (DruidZooKeeper is not null && ZooKeeper?.Members.SequenceEqual(DruidZooKeeper.Members) != true && Ensemble.Warning(DruidZooKeeper.Members.Count, elects: false) is { } telling) yield return telling;
        }
    }

    /// <summary>But for the URL, which is known later.</summary>
    public LeadershipSettings Leadership { get; init; } = new() { Url = "" };
    public bool TakesOver { get; init; }

    /// <summary>Takes its options out of a command line.</summary>
    /// <exception cref="FormatException">An option lacks its value, has one that makes no sense, or the C client is missing.</exception>
    public static (CoordinationOptions Coordination, IReadOnlyList<string> Others) Take(IReadOnlyList<string> arguments)
    {
        var rest = new List<string>();
        var (kind, zooKeeper, druid, session, lease, renew, takesOver) = ("postgresql", (ConnectString?)null, (ConnectString?)null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), (TimeSpan?)null, false);
        for (var i = 0; i < arguments.Count; i++)
        {
            var option = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{option} needs a value");
            switch (option)
            {
                case "--coordination": kind = Value(); break;
                case "--zookeeper": zooKeeper = ConnectString.Parse(Value(), option); break;
                case "--druid-zookeeper": druid = ConnectString.Parse(Value(), option); break;
                case "--zookeeper-session-timeout": session = Seconds(option, Value()); break;
                case "--lease": lease = Seconds(option, Value()); break;
                case "--renew-every": renew = Seconds(option, Value()); break;
                case "--take-over": takesOver = true; break;
                default: rest.Add(option); break;
            }
        }
        if (kind is not ("postgresql" or "zookeeper")) throw new FormatException($"--coordination [{kind}] is neither postgresql nor zookeeper");
        if (kind == "zookeeper" != zooKeeper is not null)
            throw new FormatException(zooKeeper is null ? "--coordination zookeeper needs --zookeeper: where is the ensemble?" : "--zookeeper goes with --coordination zookeeper; an ensemble whose Druid services are to find the leader is named by --druid-zookeeper");
        if ((zooKeeper ?? druid) is not null && ZooKeeperLibrary.Missing is { } missing) throw new FormatException(missing);
        var leadership = new LeadershipSettings { Url = "", Lease = lease };
        if (renew is { } given) leadership = leadership with { RenewEvery = given };
        leadership.Check();
        return (new CoordinationOptions { ZooKeeper = zooKeeper, DruidZooKeeper = druid, SessionTimeout = session, Leadership = leadership, TakesOver = takesOver }, rest);
    }

    private static TimeSpan Seconds(string option, string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 3600 ? TimeSpan.FromSeconds(seconds) : throw new FormatException($"{option} [{text}] is not a number of seconds");
}
