using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;

namespace ConveyorActors.Http.Wire;

/// <summary>
/// Refuses requests whose target is not valid percent-encoding of UTF-8. The framework leaves such characters as they
/// are, so that <c>%FF</c> would be a name of three characters.
/// </summary>
sealed class TargetFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        if (context.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget is { } target)
            Validate(target);
        return next(context);
    }

    static void Validate(string target)
    {
        if (!target.Contains('%', StringComparison.Ordinal))
            return;
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = end < 0 ? (target, "") : (target[..end], target[(end + 1)..]);
        foreach (var (part, text) in (ReadOnlySpan<(string, string)>)[("path", path), ("query", query)])
            if (!IsValid(text))
                throw HttpProblem.CreateInvalid(
                    $"the {part} is '{HttpProblem.Sanitize(text)}'; after each % it must have two hexadecimal digits, and decoded it must be UTF-8"
                );
    }

    /// <summary>Returns whether a text is valid percent-encoding of UTF-8.</summary>
    public static bool IsValid(string text)
    {
        var bytes = new byte[text.Length];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                // Every other character stands for itself; it ends a sequence of encoded bytes.
                bytes[count++] = (byte)'.';
                continue;
            }
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                return false;
            bytes[count++] = Convert.FromHexString(text.AsSpan(i + 1, 2))[0];
            i += 2;
        }
        return Utf8.IsValid(bytes.AsSpan(0, count));
    }
}
