using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace ConveyorActors.Http.Dashboard;

/// <summary>Holds the files of the dashboard page, which are embedded in this assembly.</summary>
static class PageFiles
{
    /// <summary>The folder, below the path of the page, that holds all files except the page itself.</summary>
    public const string Folder = "dashboard";

    const string Page = "index.html";
    const string Prefix = "page/";

    static readonly FrozenDictionary<string, PageFile> All = Load();

    /// <summary>Returns the file of this name; null: there is no such file.</summary>
    public static PageFile? Find(string? name) => All.GetValueOrDefault(name ?? Page);

    /// <summary>Returns whether a path is the dashboard page of a server or one of the page's files.</summary>
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
                new(
                    bytes,
                    GetMediaType(resource),
                    new($"\"{Convert.ToHexString(SHA256.HashData(bytes).AsSpan(0, 8))}\"")
                )
            );
        }
        return files.ToFrozenDictionary(StringComparer.Ordinal);
    }

    static string GetMediaType(string name) =>
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
/// <param name="Bytes">The file's content.</param>
/// <param name="MediaType">The file's media type.</param>
/// <param name="Tag">The entity tag by which a browser recognizes content that it already has.</param>
sealed record PageFile(byte[] Bytes, string MediaType, EntityTagHeaderValue Tag);
