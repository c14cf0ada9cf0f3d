using System.Globalization;
using System.Text;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Builder;
using Scalar.AspNetCore;

namespace ConveyorActors.Http.Server;

/// <summary>Serves the page that shows the OpenAPI document. The page loads nothing from other servers.</summary>
static class ApiPage
{
    public const string Path = "/docs";

    const string Document = "v1";

    /// <summary>
    /// The content security policy. The page's own start script has a nonce, which is new in each response. Its styles
    /// are inserted by its script, so inline styles are allowed.
    /// </summary>
    static readonly CompositeFormat Policy = CompositeFormat.Parse(
        "default-src 'none'; script-src 'self' 'nonce-{0}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );

    /// <summary>Hides the link to the maker of the page, for which there is no option.</summary>
    const string HideAdvertising = "a[href*='scalar.com'] { display: none !important; }";

    public static void Map(WebApplication application)
    {
        var page = application.MapScalarApiReference(
            Path,
            options =>
                options
                    .WithTitle("ConveyorActors HTTP API")
                    .WithNonce()
                    .DisableDefaultFonts()
                    .DisableAgent()
                    .DisableMcp()
                    .DisableTelemetry()
                    .HideClientButton()
                    .HideDeveloperTools()
                    .ExpandAllTags()
                    .WithCustomCss(HideAdvertising)
        );
        page.AddEndpointFilter(
            (context, next) =>
            {
                var http = context.HttpContext;
                // The package takes any name below the page for the name of a document.
                if (http.Request.RouteValues["documentName"] is not (null or Document) and var name)
                    return new(HttpProblem.CreateNotFound($"the page has no file '{HttpProblem.Sanitize($"{name}")}'"));
                http.Response.OnStarting(() =>
                {
                    SetHeaders(http);
                    return Task.CompletedTask;
                });
                return next(context);
            }
        );
    }

    static void SetHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (context.Items[ScalarOptions.NonceHttpContextItemKey] is { } nonce)
            headers.ContentSecurityPolicy = string.Format(CultureInfo.InvariantCulture, Policy, nonce);
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }
}
