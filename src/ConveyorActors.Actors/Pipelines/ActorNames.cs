using System.Text;

namespace ConveyorActors.Actors.Pipelines;

static class ActorNames
{
    /// <summary>
    /// Returns a name as part of an actor's path: unchanged if possible, otherwise with %-escapes. Different names give
    /// different results.
    /// </summary>
    public static string Escape(string name)
    {
        if (ActorPath.IsValidPathElement(name) && !name.Contains('%', StringComparison.Ordinal))
            return name;
        return name.Any(char.IsSurrogate) ? EscapeByUnit(name) : Uri.EscapeDataString(name);
    }

    // Half a surrogate pair has no bytes in UTF-8: escaping the whole name would make such names equal.
    static string EscapeByUnit(string name)
    {
        var escaped = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i + 1 < name.Length && char.IsSurrogatePair(name[i], name[i + 1]))
                escaped.Append(Uri.EscapeDataString(name.AsSpan(i++, 2)));
            else if (char.IsSurrogate(name[i]))
                escaped.Append(
                    FormattableString.Invariant(
                        $"%E{name[i] >> 12:X1}%{0x80 | (name[i] >> 6 & 0x3F):X2}%{0x80 | (name[i] & 0x3F):X2}"
                    )
                );
            else
                escaped.Append(Uri.EscapeDataString(name.AsSpan(i, 1)));
        }
        return escaped.ToString();
    }
}
