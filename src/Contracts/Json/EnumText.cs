using System.Reflection;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Json;

/// <summary>An enum member as it stands in JSON.</summary>
public static class EnumText
{
    public static string Of<T>(T value) where T : struct, Enum => Names<T>.Text[value];

    private static class Names<T> where T : struct, Enum
    {
        public static readonly IReadOnlyDictionary<T, string> Text = Enum.GetValues<T>().ToDictionary(v => v,
            v => typeof(T).GetField(v.ToString())!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? v.ToString());
    }
}
