<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	Draws the picture of `virt-claim topology` as SVG: the host left, the guest right, a
	line from each device of the host to its place in the guest.

	y and height come in steps of 4 (schemas/topology.rng); x follows from the depth.
	Colours are classes, so that one media query turns them for dark screens. Each text
	stands in an inner <svg>, which cuts what the estimate of its length let through.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:t="urn:virt-claim:topology:1"
	xmlns="http://www.w3.org/2000/svg"
	exclude-result-prefixes="t">

	<xsl:variable name="step" select="4"/>
	<xsl:variable name="inset" select="10"/>
	<xsl:variable name="margin" select="24"/>
	<xsl:variable name="column" select="480"/>
	<xsl:variable name="gutter" select="140"/>
	<xsl:variable name="top" select="96"/>
	<xsl:variable name="two" select="/t:topology/@domain = 'yes'"/>
	<xsl:variable name="guest-x" select="$margin + $column + $gutter"/>
	<xsl:variable name="width"
		select="$margin * 2 + $column + ($column + $gutter) * number($two)"/>
	<xsl:variable name="tallest">
		<xsl:for-each select="/t:topology/*">
			<xsl:sort select="@height" data-type="number" order="descending"/>
			<xsl:if test="position() = 1">
				<xsl:value-of select="@height"/>
			</xsl:if>
		</xsl:for-each>
	</xsl:variable>
	<!-- A side without anything in it says so in one line. -->
	<xsl:variable name="floor" select="$top + $step * ($tallest + 10 * number($tallest &lt; 10))"/>
	<xsl:variable name="height" select="$floor + 56"/>
	<xsl:key name="node" match="t:node" use="@id"/>

	<xsl:template match="/t:topology">
		<xsl:variable name="title">
			<xsl:choose>
				<xsl:when test="@name">
					<xsl:value-of select="@name"/>
				</xsl:when>
				<xsl:when test="$two">a domain without a name</xsl:when>
				<xsl:otherwise>Host</xsl:otherwise>
			</xsl:choose>
		</xsl:variable>
		<svg viewBox="0 0 {$width} {$height}" width="{$width}" height="{$height}"
			role="img" aria-labelledby="title desc">
			<title id="title">
				<xsl:value-of select="concat('Devices of ', $title)"/>
			</title>
			<desc id="desc">
				<xsl:value-of select="concat(count(t:host/t:node[@type = 'device']),
					' devices of the host, ',
					count(t:guest/t:node[@type = 'device']), ' of the guest, ',
					count(t:guest/t:node[@peer]), ' of them from the host')"/>
			</desc>
			<xsl:call-template name="style"/>
			<rect class="page" width="{$width}" height="{$height}"/>
			<xsl:call-template name="text">
				<xsl:with-param name="x" select="$margin"/>
				<xsl:with-param name="y" select="18"/>
				<xsl:with-param name="w" select="$width - 2 * $margin"/>
				<xsl:with-param name="size" select="20"/>
				<xsl:with-param name="class" select="'name'"/>
				<xsl:with-param name="text" select="$title"/>
			</xsl:call-template>
			<xsl:apply-templates select="t:host">
				<xsl:with-param name="x" select="$margin"/>
				<xsl:with-param name="title" select="'HOST'"/>
			</xsl:apply-templates>
			<xsl:if test="$two">
				<xsl:apply-templates select="t:guest">
					<xsl:with-param name="x" select="$guest-x"/>
					<xsl:with-param name="title" select="'GUEST'"/>
				</xsl:apply-templates>
				<xsl:apply-templates select="t:guest/t:node[@peer]" mode="line"/>
			</xsl:if>
			<xsl:call-template name="legend"/>
		</svg>
	</xsl:template>

	<xsl:template match="t:host | t:guest">
		<xsl:param name="x"/>
		<xsl:param name="title"/>
		<text class="side" x="{$x}" y="{$top - 16}">
			<xsl:value-of select="$title"/>
		</text>
		<xsl:if test="not(t:node)">
			<rect class="empty" x="{$x}" y="{$top}" width="{$column}" height="40" rx="8"/>
			<text class="detail" x="{$x + 14}" y="{$top + 25}" font-size="13">no device</text>
		</xsl:if>
		<xsl:apply-templates select="t:node">
			<xsl:with-param name="side" select="$x"/>
		</xsl:apply-templates>
	</xsl:template>

	<!-- Containers: panels outside, frames inside -->
	<xsl:template match="t:node">
		<xsl:param name="side"/>
		<xsl:variable name="x" select="$side + @depth * $inset"/>
		<xsl:variable name="y" select="$top + @y * $step"/>
		<xsl:variable name="w" select="$column - 2 * @depth * $inset"/>
		<g>
			<xsl:call-template name="title"/>
			<rect x="{$x}" y="{$y}" width="{$w}" height="{@height * $step}" rx="8">
				<xsl:attribute name="class">
					<xsl:choose>
						<xsl:when test="@type = 'iommu-group'">group</xsl:when>
						<xsl:when test="@type = 'place'">place</xsl:when>
						<xsl:when test="@depth = 0">panel</xsl:when>
						<xsl:otherwise>port</xsl:otherwise>
					</xsl:choose>
				</xsl:attribute>
			</rect>
			<xsl:variable name="note">
				<xsl:value-of select="@detail"/>
				<xsl:if test="@detail and @problem">, </xsl:if>
				<xsl:value-of select="@problem"/>
			</xsl:variable>
			<xsl:call-template name="text">
				<xsl:with-param name="x" select="$x + 12"/>
				<xsl:with-param name="y" select="$y + 6"/>
				<xsl:with-param name="w" select="$w - 24"/>
				<xsl:with-param name="size" select="13"/>
				<xsl:with-param name="class">
					<xsl:choose>
						<xsl:when test="@depth = 0">heading</xsl:when>
						<xsl:otherwise>label</xsl:otherwise>
					</xsl:choose>
				</xsl:with-param>
				<xsl:with-param name="text" select="@label"/>
				<xsl:with-param name="note" select="$note"/>
			</xsl:call-template>
		</g>
	</xsl:template>

	<xsl:template match="t:node[@type = 'free']">
		<xsl:param name="side"/>
		<xsl:variable name="w" select="$column - 2 * @depth * $inset"/>
		<g>
			<xsl:call-template name="title"/>
			<xsl:call-template name="text">
				<xsl:with-param name="x" select="$side + @depth * $inset + 12"/>
				<xsl:with-param name="y" select="$top + @y * $step"/>
				<xsl:with-param name="w" select="$w - 24"/>
				<xsl:with-param name="size" select="12"/>
				<xsl:with-param name="class" select="'detail'"/>
				<xsl:with-param name="text" select="concat(@label, ': ', @detail)"/>
			</xsl:call-template>
		</g>
	</xsl:template>

	<!-- Devices: two lines; what the host has says its address first, the guest its alias -->
	<xsl:template match="t:node[@type = 'device']">
		<xsl:param name="side"/>
		<xsl:variable name="x" select="$side + @depth * $inset"/>
		<xsl:variable name="y" select="$top + @y * $step"/>
		<xsl:variable name="w" select="$column - 2 * @depth * $inset"/>
		<xsl:variable name="state">
			<xsl:choose>
				<xsl:when test="@problem"> problem</xsl:when>
				<xsl:when test="@emulated"> emulated</xsl:when>
				<xsl:when test="@peer"> used</xsl:when>
				<xsl:when test="@claim"> claimed</xsl:when>
			</xsl:choose>
		</xsl:variable>
		<xsl:variable name="corner">
			<xsl:choose>
				<xsl:when test="parent::t:guest">
					<xsl:value-of select="@address"/>
				</xsl:when>
				<xsl:otherwise>
					<xsl:value-of select="@driver"/>
				</xsl:otherwise>
			</xsl:choose>
		</xsl:variable>
		<!-- The corner takes what it needs, the label gets the rest. -->
		<xsl:variable name="wish" select="string-length($corner) * 7.4 + 4"/>
		<xsl:variable name="corner-w"
			select="$wish * number($wish &lt;= 160) + 160 * number($wish &gt; 160)"/>
		<xsl:variable name="second">
			<xsl:value-of select="@problem"/>
			<xsl:if test="@problem and (@claim or @detail)"> · </xsl:if>
			<xsl:value-of select="@claim"/>
			<xsl:if test="@claim and @detail"> · </xsl:if>
			<xsl:value-of select="@detail"/>
		</xsl:variable>
		<g>
			<xsl:call-template name="title"/>
			<rect class="device{$state}" x="{$x}" y="{$y}" width="{$w}"
				height="{@height * $step}" rx="6"/>
			<rect class="bar{$state}" x="{$x + 5}" y="{$y + 6}" width="4"
				height="{@height * $step - 12}" rx="2"/>
			<xsl:call-template name="text">
				<xsl:with-param name="x" select="$x + 18"/>
				<xsl:with-param name="y" select="$y + 4"/>
				<xsl:with-param name="w" select="$w - 36 - $corner-w"/>
				<xsl:with-param name="size" select="13"/>
				<xsl:with-param name="class" select="'address'"/>
				<xsl:with-param name="text" select="@label"/>
			</xsl:call-template>
			<xsl:if test="$corner != ''">
				<xsl:call-template name="text">
					<xsl:with-param name="x" select="$x + $w - 10 - $corner-w"/>
					<xsl:with-param name="y" select="$y + 4"/>
					<xsl:with-param name="w" select="$corner-w"/>
					<xsl:with-param name="size" select="12"/>
					<xsl:with-param name="class" select="'corner'"/>
					<xsl:with-param name="end" select="true()"/>
					<xsl:with-param name="text" select="$corner"/>
				</xsl:call-template>
			</xsl:if>
			<xsl:call-template name="text">
				<xsl:with-param name="x" select="$x + 18"/>
				<xsl:with-param name="y" select="$y + 22"/>
				<xsl:with-param name="w" select="$w - 28"/>
				<xsl:with-param name="size" select="12"/>
				<xsl:with-param name="class" select="concat('detail', $state)"/>
				<xsl:with-param name="text" select="$second"/>
			</xsl:call-template>
		</g>
	</xsl:template>

	<!-- A device of the guest and the one of the host that it is -->
	<xsl:template match="t:node" mode="line">
		<xsl:variable name="peer" select="key('node', @peer)"/>
		<xsl:variable name="x1" select="$margin + $column - $peer/@depth * $inset"/>
		<xsl:variable name="y1" select="$top + ($peer/@y + $peer/@height div 2) * $step"/>
		<xsl:variable name="x2" select="$guest-x + @depth * $inset"/>
		<xsl:variable name="y2" select="$top + (@y + @height div 2) * $step"/>
		<xsl:variable name="bend" select="$margin + $column + $gutter div 2"/>
		<g>
			<title>
				<xsl:value-of select="concat($peer/@label, ' is ', @label)"/>
			</title>
			<path class="line" d="M {$x1} {$y1} L {$margin + $column} {$y1} C {$bend} {$y1} {$bend} {$y2} {$guest-x} {$y2} L {$x2} {$y2}"/>
			<circle class="dot" cx="{$x1}" cy="{$y1}" r="4"/>
			<circle class="dot" cx="{$x2}" cy="{$y2}" r="4"/>
		</g>
	</xsl:template>

	<!-- Everything about a node, for pointers and screen readers -->
	<xsl:template name="title">
		<title>
			<xsl:value-of select="@label"/>
			<xsl:if test="@address and @address != @label">
				<xsl:value-of select="concat(' at ', @address)"/>
			</xsl:if>
			<xsl:for-each select="@detail | @driver | @problem">
				<xsl:value-of select="concat(', ', .)"/>
			</xsl:for-each>
			<xsl:if test="@claim">
				<xsl:value-of select="concat(', claim ', @claim)"/>
			</xsl:if>
		</title>
	</xsl:template>

	<!-- One line of text in a box of width $w; its characters are taken for 0.6 of their
	     size wide. -->
	<xsl:template name="text">
		<xsl:param name="x"/>
		<xsl:param name="y"/>
		<xsl:param name="w"/>
		<xsl:param name="size"/>
		<xsl:param name="class"/>
		<xsl:param name="text"/>
		<xsl:param name="note"/>
		<xsl:param name="end" select="false()"/>
		<xsl:variable name="max" select="floor($w div ($size * 0.61))"/>
		<xsl:variable name="room" select="$max - string-length($text) - 2"/>
		<svg x="{$x}" y="{$y}" width="{$w}" height="{$size + 8}">
			<text class="{$class}" x="0" y="{$size}" font-size="{$size}">
				<xsl:if test="$end">
					<xsl:attribute name="x">
						<xsl:value-of select="$w"/>
					</xsl:attribute>
					<xsl:attribute name="text-anchor">end</xsl:attribute>
				</xsl:if>
				<xsl:call-template name="cut">
					<xsl:with-param name="text" select="$text"/>
					<xsl:with-param name="max" select="$max"/>
				</xsl:call-template>
				<xsl:if test="string($note) != '' and $room &gt; 3">
					<tspan class="detail" dx="10" font-size="12">
						<xsl:call-template name="cut">
							<xsl:with-param name="text" select="$note"/>
							<xsl:with-param name="max" select="$room"/>
						</xsl:call-template>
					</tspan>
				</xsl:if>
			</text>
		</svg>
	</xsl:template>

	<xsl:template name="cut">
		<xsl:param name="text"/>
		<xsl:param name="max"/>
		<xsl:choose>
			<xsl:when test="string-length($text) &gt; $max">
				<xsl:value-of select="concat(substring($text, 1, $max - 1), '&#8230;')"/>
			</xsl:when>
			<xsl:otherwise>
				<xsl:value-of select="$text"/>
			</xsl:otherwise>
		</xsl:choose>
	</xsl:template>

	<xsl:template name="legend">
		<xsl:variable name="y" select="$floor + 28"/>
		<g font-size="12">
			<rect class="bar used" x="{$margin}" y="{$y - 10}" width="4" height="12" rx="2"/>
			<text class="detail" x="{$margin + 12}" y="{$y}">in the guest</text>
			<rect class="bar claimed" x="{$margin + 110}" y="{$y - 10}" width="4" height="12" rx="2"/>
			<text class="detail" x="{$margin + 122}" y="{$y}">claimed</text>
			<rect class="bar problem" x="{$margin + 190}" y="{$y - 10}" width="4" height="12" rx="2"/>
			<text class="detail" x="{$margin + 202}" y="{$y}">problem</text>
			<rect class="group" x="{$margin + 275}" y="{$y - 11}" width="22" height="14" rx="3"/>
			<text class="detail" x="{$margin + 305}" y="{$y}">IOMMU group</text>
		</g>
	</xsl:template>

	<xsl:template name="style">
		<style>
text { font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; fill: #1f2328; }
.address, .corner { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.name { font-weight: 600; }
.side { font-size: 12px; font-weight: 600; letter-spacing: 0.12em; fill: #656d76; }
.heading, .address { font-weight: 600; }
.detail, .corner { font-weight: 400; fill: #59636e; }
text.problem { fill: #b3261e; }
.page { fill: #ffffff; }
.panel { fill: #f4f6f8; stroke: #d5dae0; }
.place, .empty { fill: none; stroke: #b7bfc8; stroke-dasharray: 2 4; }
.port { fill: #ffffff; stroke: #d5dae0; }
.group { fill: #f7f3ff; stroke: #a78bda; stroke-dasharray: 5 3; }
.device { fill: #ffffff; stroke: #c3cad2; }
.device.used { fill: #eef6ff; stroke: #0969da; }
.device.claimed { fill: #effaf1; stroke: #1a7f37; }
.device.problem { fill: #fff3f1; stroke: #b3261e; stroke-dasharray: 4 3; }
.device.emulated { fill: none; stroke: #d5dae0; }
.bar { fill: #c3cad2; }
.bar.used { fill: #0969da; }
.bar.claimed { fill: #1a7f37; }
.bar.problem { fill: #b3261e; }
.bar.emulated { fill: none; }
.line { fill: none; stroke: #0969da; stroke-width: 1.75; stroke-opacity: 0.75; }
.dot { fill: #0969da; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.side { fill: #9198a1; }
.detail, .corner { fill: #9da7b3; }
text.problem { fill: #ff9a8f; }
.page { fill: #0d1117; }
.panel { fill: #151b23; stroke: #303842; }
.place, .empty { stroke: #4a535e; }
.port { fill: #10161d; stroke: #303842; }
.group { fill: #1b1630; stroke: #8a6fd1; }
.device { fill: #1c232c; stroke: #444d57; }
.device.used { fill: #11253f; stroke: #4493f8; }
.device.claimed { fill: #12261a; stroke: #3fb950; }
.device.problem { fill: #331b1a; stroke: #ff7b72; }
.device.emulated { stroke: #303842; }
.bar { fill: #444d57; }
.bar.used { fill: #4493f8; }
.bar.claimed { fill: #3fb950; }
.bar.problem { fill: #ff7b72; }
.line { stroke: #4493f8; }
.dot { fill: #4493f8; }
}
</style>
	</xsl:template>
</xsl:stylesheet>
