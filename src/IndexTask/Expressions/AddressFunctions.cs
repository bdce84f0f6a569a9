using Ingestion.Contracts.Expressions;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Functions of IPv4 addresses, which are texts or numbers of 32 bits.</summary>
internal static class AddressFunctions
{
    public static readonly Dictionary<string, Func<Value, Value>> Unary = new(StringComparer.Ordinal)
    {
        ["ipv4_parse"] = v => TryRead(v, out var address) ? Value.Of((long)address) : Value.NullOf(ExpressionType.Long),
        ["ipv4_stringify"] = v => TryRead(v, out var address) ? Value.Of(Ipv4Subnet.Text(address)) : Value.Null,
    };

    public static Func<Value, Value> Match(string text)
    {
        Ipv4Subnet.TryRead(text, out var subnet);
        return v => Value.Of(TryRead(v, out var address) && subnet.Contains(address));
    }

    private static bool TryRead(in Value value, out uint address)
    {
        address = 0;
        if (value.IsNull)
            return false;
        if (value.Type == ExpressionType.String)
            return Ipv4Subnet.TryReadAddress(value.AsText, out address);
        address = unchecked((uint)value.AsLong);
        return value.Type == ExpressionType.Long && value.AsLong is >= 0 and <= uint.MaxValue;
    }
}
