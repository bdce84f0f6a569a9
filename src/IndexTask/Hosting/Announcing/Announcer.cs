using Ingestion.Access;

namespace Ingestion.IndexTask.Hosting.Announcing;

/// <summary>Tells every overlord that this worker is there: those of its options, and those that they name in turn, so that one address in front of all of them is enough. An address that is given stays one for good; one that was
/// learned, as long as anybody who answers names it. While nobody answers, all stay.</summary>
internal sealed class Announcer
{
    private readonly IReadOnlyList<Uri> given;
    private readonly AccessOptions access;
    private readonly AnnouncingSettings settings;
    private readonly Action<IReadOnlyList<Uri>> overlordsKnown;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private readonly Dictionary<Uri, AnnouncingLoop> loops = [];
    private readonly Dictionary<Uri, IReadOnlyList<Uri>> namedBy = [];
    private readonly HashSet<Uri> unusable = [];
    private bool isStopped;

    /// <param name="given">Addresses of overlords, of something in front of them, or of a discovery server.</param>
    /// <param name="overlordsKnown">Told of all overlords that were learned, each time that somebody names them.</param>
    public Announcer(IReadOnlyList<Uri> given, AccessOptions access, AnnouncingSettings settings, Action<IReadOnlyList<Uri>> overlordsKnown, ILogger logger) =>
        (this.given, this.access, this.settings, this.overlordsKnown, this.logger) = ([.. given.Select(Root).Distinct()], access, settings, overlordsKnown, logger);

    public void Start()
    {
        lock (gate)
            if (!isStopped)
                foreach (var address in given) Begin(address);
    }

    /// <summary>Takes the announcements back; overlords that cannot be told will notice by themselves.</summary>
    public Task StopAsync()
    {
        lock (gate)
        {
            isStopped = true;
            return Task.WhenAll(loops.Values.Select(loop => loop.Stop(withdraw: true)));
        }
    }

    private void Learned(AnnouncingLoop by, IReadOnlyList<Uri> named)
    {
        IReadOnlyList<Uri> known;
        lock (gate)
        {
            if (isStopped || !loops.ContainsKey(by.Address)) return;
            namedBy[by.Address] = [.. named.Select(Root).Where(n => IsUsable(n, by.Address)).Distinct()];
            var answering = namedBy.Where(n => loops.TryGetValue(n.Key, out var loop) && loop.IsAnnounced).SelectMany(n => n.Value).ToHashSet();
            foreach (var address in answering.Where(a => !loops.ContainsKey(a)).ToList())
            {
                AnnouncingLog.Learned(logger, address);
                Begin(address);
            }
            foreach (var address in loops.Keys.Where(a => !given.Contains(a) && !answering.Contains(a)).ToList())
            {
                AnnouncingLog.Forgotten(logger, address);
                namedBy.Remove(address);
                if (loops.Remove(address, out var loop)) _ = loop.Stop(withdraw: false);
            }
            known = [.. answering.OrderBy(a => a.AbsoluteUri, StringComparer.Ordinal)];
        }
        overlordsKnown(known);
    }

    /// <summary>An overlord that names itself by an address of its own machine means another machine than this one, unless it was found on this one; and credentials that were encrypted stay so.</summary>
    /// <returns>Why that address is not announced to; null: it is.</returns>
    internal static string? Objection(Uri named, Uri by, bool hasCredential) =>
        named.IsLoopback && !by.IsLoopback ? "it is an address of the overlord's own machine: its option --url says by which one others reach it"
        : hasCredential && by.Scheme == Uri.UriSchemeHttps && named.Scheme != Uri.UriSchemeHttps ? "credentials are not sent there, since it is not encrypted"
        : null;

    private bool IsUsable(Uri named, Uri by)
    {
        if (loops.ContainsKey(named)) return true;
        var objection = Objection(named, by, access.OwnCredential is not null);
        if (objection is not null && unusable.Add(named)) AnnouncingLog.NotUsed(logger, named, objection);
        return objection is null;
    }

    private void Begin(Uri address) => loops[address] = new AnnouncingLoop(address, access, settings, Learned, logger);

    private static Uri Root(Uri url) => new(url.GetLeftPart(UriPartial.Authority));
}
