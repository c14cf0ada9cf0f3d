using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace ConveyorActors.Http.Dashboard;

/// <summary>The files of the dashboard's page, which are part of this assembly.</summary>
static class PageFiles
{
    /// <summary>The folder of all files but the page itself, below the path of the page.</summary>
    public const string Folder = "dashboard";

    const string Page = "index.html";
    const string Prefix = "page/";

    static readonly FrozenDictionary<string, PageFile> All = Load();

    /// <summary>Returns a file; null: there is none of this name.</summary>
    public static PageFile? Find(string? name) => All.GetValueOrDefault(name ?? Page);

    /// <summary>Whether a path is the page of a server, or one of its files.</summary>
    public static bool IsOf(PathString path) => path == "/" || path.StartsWithSegments("/" + Folder);

    static FrozenDictionary<string, PageFile> Load()
    {
        var assembly = typeof(PageFiles).Assembly;
        var files = new Dictionary<string, PageFile>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            if (!resource.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            files.Add(
                resource[Prefix.Length..],
                new(bytes, MediaType(resource), new($"\"{Convert.ToHexString(SHA256.HashData(bytes).AsSpan(0, 8))}\""))
            );
        }
        return files.ToFrozenDictionary(StringComparer.Ordinal);
    }

    static string MediaType(string name) =>
        Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            var unknown => throw new NotSupportedException(
                $"The page has a file '{name}'; its extension is '{unknown}' and must be one with a known media type."
            ),
        };
}

/// <summary>One file of the page.</summary>
/// <param name="Bytes">Its content.</param>
/// <param name="MediaType">What it is.</param>
/// <param name="Tag">Tells whether a browser has this content already.</param>
sealed record PageFile(byte[] Bytes, string MediaType, EntityTagHeaderValue Tag);
