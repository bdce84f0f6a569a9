using System.Net;

namespace Ingestion.Access.Http;

/// <summary>
/// The names under which a listener may be called where nobody is asked who they are. A page of a site whose name is made to mean this machine's address, once the page is there, is of the same site to
/// the browser, and could do all; but the browser says the name. Addresses, and names without a dot, are nobody else's; others must be ours.
/// </summary>
/// <param name="names">Ours, beside the machine's.</param>
internal sealed class OwnNames(IEnumerable<string> names)
{
    private readonly HashSet<string> own = new([.. names, Dns.GetHostName()], StringComparer.OrdinalIgnoreCase);

    /// <param name="called">The header <c>Host</c>; programs that speak HTTP 1.0 have none.</param>
    public bool Has(HostString called) =>
        !called.HasValue || !called.Host.Contains('.', StringComparison.Ordinal) || own.Contains(called.Host) || IPAddress.TryParse(called.Host, out _);
}
