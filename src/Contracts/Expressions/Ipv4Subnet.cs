using System.Globalization;

namespace Ingestion.Contracts.Expressions;

/// <summary>An IPv4 address or subnet (<c>10.0.0.0/8</c>), as <c>ipv4_match</c> takes it.</summary>
public readonly record struct Ipv4Subnet(uint Address, uint Mask)
{
    public static bool TryRead(string? text, out Ipv4Subnet subnet)
    {
        subnet = default;
        var slash = text?.IndexOf('/') ?? -1;
        if (!TryReadAddress(slash < 0 ? text : text![..slash], out var address)) return false;
        var bits = 32;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > 32)) return false;
        subnet = new Ipv4Subnet(address, bits == 0 ? 0 : uint.MaxValue << (32 - bits));
        return true;
    }

    /// <summary>Four decimal numbers of at most 255 between dots.</summary>
    public static bool TryReadAddress(string? text, out uint address)
    {
        address = 0;
        var parts = text?.Split('.');
        if (parts is not { Length: 4 }) return false;
        foreach (var part in parts)
        {
            if (part.Length > 3 || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
            address = (address << 8) | number;
        }
        return true;
    }

    public bool Contains(uint address) => (address & Mask) == (Address & Mask);

    /// <summary>An address as text.</summary>
    public static string Text(uint address) => string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}");
}
